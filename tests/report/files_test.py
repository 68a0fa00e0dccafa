import pytest

from aujax.report import files


def test_files_are_replaced_and_nothing_else_is_left(tmp_path):
  folder = tmp_path / "new" / "folder"
  files.write(folder, {"a.txt": b"1", "b.txt": b"2"})
  files.write(folder, {"a.txt": b"3"})
  found = {path.name: path.read_bytes() for path in folder.iterdir()}
  assert found == {"a.txt": b"3", "b.txt": b"2"}


def test_a_file_that_does_not_get_whole_leaves_the_old_one(tmp_path):
  files.write(tmp_path, {"a.txt": b"1"})
  with pytest.raises(TypeError):
    files.write(tmp_path, {"a.txt": "no bytes"})
  assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
  assert (tmp_path / "a.txt").read_bytes() == b"1"
