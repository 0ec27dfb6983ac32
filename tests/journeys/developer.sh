# A developer who wants an app to read faces. 4 commands.
fer predict photo.jpg
fer predict photo.jpg --json > faces.jsonl
grep -q '"landmarks"' faces.jsonl
fer predict photo.jpg --annotate annotated
test -f annotated/photo.jpg.faces.png
fer explain photo.jpg --out why
test -f why/photo.jpg.explained.png
