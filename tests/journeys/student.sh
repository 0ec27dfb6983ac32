# A student with the tutorial's file: labels and pixels, no splits. 3 commands.
fer init cnn_train.csv --minutes 0.01
fer run
fer runs
test -f runs/cnn_train/evaluate/report.html
