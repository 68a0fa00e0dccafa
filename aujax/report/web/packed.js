// Reads what Python packed.

// Numbers packed 7 bits a byte, the low ones first, as base64.
function unpack(text) {
  const bytes = atob(text);
  const values = [];
  let value = 0;
  let scale = 1;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes.charCodeAt(i);
    value += (byte & 127) * scale;
    scale *= 128;
    if (byte < 128) {
      values.push(value);
      value = 0;
      scale = 1;
    }
  }
  return values;
}

// One AU's columns of what was packed for all.
function column(text, au, length) {
  const part = atob(text).slice(au * length, (au + 1) * length);
  return Array.from(part, (letter) => letter.charCodeAt(0));
}

