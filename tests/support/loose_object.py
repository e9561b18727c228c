"""Writes a loose git object whose header does not fit its bytes: GIT_FOLDER ID TYPE LENGTH_IN_HEADER LENGTH."""
import os
import sys
import zlib

folder, name, kind, claimed, length = sys.argv[1:]
path = os.path.join(folder, "objects", name[:2], name[2:])
os.makedirs(os.path.dirname(path), exist_ok=True)
if os.path.exists(path):
    os.remove(path)
packer = zlib.compressobj(1)
with open(path, "wb") as out:
    out.write(packer.compress(f"{kind} {claimed}\0".encode()))
    left = int(length)
    while left > 0:
        piece = min(left, 1 << 20)
        out.write(packer.compress(b"\0" * piece))
        left -= piece
    out.write(packer.flush())
