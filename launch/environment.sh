# Sourced by the scripts beside it, from the repository's root.

# Makes .venv with the tested versions of launch/constraints.txt, once: a stamp
# holds what was installed, so that a changed file or extra installs again.
#   AUJAX_EXTRAS   extras of setup.cfg to install, such as "test" or "cuda"
#   AUJAX_PYTHON   the interpreter to start from; python3 by default
make_environment() {
  local extras="${AUJAX_EXTRAS:-}" python="${AUJAX_PYTHON:-python3}" have stamp
  "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || {
    echo "error: aujax needs Python 3.11 to 3.13, got $("$python" --version 2>&1);" \
      "name another one as AUJAX_PYTHON" >&2
    return 1
  }
  have="$(cat .venv/aujax-extras 2>/dev/null || true)"
  for extra in ${have//,/ }; do
    [[ ",$extras," == *",$extra,"* ]] || extras="${extras:+$extras,}$extra"
  done
  stamp="$(cat setup.cfg pyproject.toml launch/constraints.txt | cksum) $extras"
  [[ "$(cat .venv/aujax-stamp 2>/dev/null || true)" == "$stamp" ]] && return
  echo "installing into .venv${extras:+ with extras $extras}" >&2
  [[ -x .venv/bin/python ]] || "$python" -m venv .venv
  .venv/bin/python -m pip install --quiet --disable-pip-version-check \
    --constraint launch/constraints.txt --editable ".${extras:+[$extras]}"
  echo "$extras" >.venv/aujax-extras
  echo "$stamp" >.venv/aujax-stamp
}
