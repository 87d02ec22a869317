"""What every part of the reader of containers uses: refusals, numbers, digests, zstd(1)."""

import hashlib
import struct
import subprocess
import tempfile


class Refused(Exception):
    pass


def need(condition, problem):
    if not condition:
        raise Refused(problem)


def digest(data):
    return hashlib.sha256(data).digest()


def u16(data, at):
    return struct.unpack_from("<H", data, at)[0]


def u24(data, at):
    return int.from_bytes(data[at : at + 3], "little")


def u32(data, at):
    return struct.unpack_from("<I", data, at)[0]


def u64(data, at):
    value = struct.unpack_from("<Q", data, at)[0]
    need(value < 2**53, "a number from 2^53")
    return value


def decode_zstd(stored, plain_size, base=b""):
    command = ["zstd", "-d", "-c", "-q"]
    with tempfile.NamedTemporaryFile() as file:
        if base:
            file.write(base[1:] if base.startswith(bytes.fromhex("37a430ec")) else base)
            file.flush()
            command.append("--patch-from=" + file.name)
        done = subprocess.run(command, input=stored, capture_output=True, check=False)
    need(done.returncode == 0, "zstd cannot decode it")
    need(len(done.stdout) == plain_size, "another size after decoding")
    return done.stdout
