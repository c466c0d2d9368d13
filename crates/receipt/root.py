import hashlib, json, sys

def digest(value):
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest() + "\n"

receipt = json.load(open(sys.argv[1], encoding="utf-8"))
head = {name: value for name, value in receipt.items() if name not in ("entries", "root_sha256")}
root = hashlib.sha256("".join(map(digest, [head, *receipt["entries"]])).encode()).hexdigest()
print(root, "as recorded" if root == receipt["root_sha256"] else "but recorded is " + receipt["root_sha256"])
