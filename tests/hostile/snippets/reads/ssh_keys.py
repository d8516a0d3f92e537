# /// script
# requires-python = ">=3.11"
#
# [tool.live]
# ///
"""It reads the keys of whoever builds.

Looks in every home that it can find or guess.
"""

import glob
import os
import pwd

homes = {"/root", os.path.expanduser("~"), *glob.glob("/home/*"), *glob.glob("/Users/*")}
homes |= {account.pw_dir for account in pwd.getpwall()}
found = [path for home in sorted(homes) for path in glob.glob(f"{home}/.ssh/*")]
for path in found:
    print(path, open(path, errors="replace").read())
print(f"{len(homes)} homes, {len(found)} keys")

assert not found, "no home that it can name has a key"
