# An engineer with own pictures in folders of their classes. 4 commands, the report after two.
fer init faces --minutes 0.01
fer run
test -f runs/faces/evaluate/report.html
fer evaluate --model runs/faces --data faces
fer export-images runs/faces/ingest/train.safetensors pictures
test -f pictures/dataset.csv
