// Questions to the service, and the addresses of what is shown.

import { Service } from "../page/service.js";

export const service = new Service();

export const ask = (path, parameters) => service.ask(path, { parameters });

export const reportOf = (run, stage) => `v1/runs/report?${new URLSearchParams({ run, stage })}`;
export const toRun = (run) => `#${new URLSearchParams({ run })}`;
export const toSweep = (sweep, more = {}) => `#${new URLSearchParams({ sweep, ...more })}`;
export const toDiff = (from, to) => `#${new URLSearchParams({ from, to })}`;
