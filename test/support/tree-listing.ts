// Everything that can be told of a tree, by Python and not by us: of each path its kind, mode, owner, date to the nanosecond,
// size, bytes, target and extended attributes, and which paths are one file. Two listings that are the same are the same tree.
import { execFileSync } from 'node:child_process'

const program = `
import hashlib, os, stat, sys
top = sys.argv[1]
names = {}
def tell(path):
    s = os.lstat(path)
    what = [repr(path[len(top):]), oct(s.st_mode), s.st_uid, s.st_gid, s.st_mtime_ns, s.st_nlink]
    what += [(n, os.getxattr(path, n, follow_symlinks=False).hex()) for n in sorted(os.listxattr(path, follow_symlinks=False))]
    if stat.S_ISLNK(s.st_mode): what.append(os.readlink(path))
    if stat.S_ISREG(s.st_mode):
        with open(path, 'rb') as f: what += [s.st_size, hashlib.sha256(f.read()).hexdigest()]
        what.append(names.setdefault(s.st_ino, path[len(top):]))
    print(*what)
tell(top)
for folder, folders, files in os.walk(top):
    folders.sort()
    for name in sorted(folders + files): tell(os.path.join(folder, name))
`

export const listingOf = (folder: string): string =>
  execFileSync('/usr/bin/python3', ['-c', program, folder], { encoding: 'utf8', maxBuffer: 2 ** 28 })
