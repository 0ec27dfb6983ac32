# An engineer with own pictures in folders of their classes. 6 commands, the report after two.
fer init faces --minutes 0.01
fer run
test -f runs/faces/evaluate/report.html
test -f runs/faces/evaluate/mistakes-test.csv
fer show faces --out faces.png
test -f faces.png
fer evaluate --model runs/faces --data faces --report again
test -f again/report.html
fer show runs/faces --augmented
fer export-images runs/faces/ingest/train.safetensors pictures
test -f pictures/dataset.csv
