# A maintainer who keeps a run up: goes on with it, compares, tidies up. 8 commands.
fer run
fer status
fer run run --set train.epochs=3 --run-dir longer
fer status longer
fer verify longer
fer diff run longer
fer rm longer --yes
test ! -e longer
fer runs .
