// Questions to the service: JSON in, or an error with the words of its problem document.

export async function ask(path, parameters = {}) {
  const query = new URLSearchParams(parameters).toString();
  const answer = await fetch(query ? `${path}?${query}` : path, { headers: { accept: "application/json" } });
  const text = await answer.text();
  let told;
  try {
    told = JSON.parse(text);
  } catch {
    throw new Error(`expected JSON from ${path}, found status ${answer.status}`);
  }
  if (!answer.ok) {
    throw Object.assign(new Error(told.detail ?? `status ${answer.status}`), { status: answer.status });
  }
  return told;
}

export const reportOf = (run, stage) => `/v1/runs/report?${new URLSearchParams({ run, stage })}`;
export const toRun = (run) => `#${new URLSearchParams({ run })}`;
export const toSweep = (sweep, more = {}) => `#${new URLSearchParams({ sweep, ...more })}`;
export const toDiff = (from, to) => `#${new URLSearchParams({ from, to })}`;
