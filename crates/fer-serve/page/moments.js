// The last minute before a camera: what was seen in each frame that was answered.

/** Seconds that are kept. */
export const MINUTE = 60;
/** A face that is away for longer leaves a gap, in seconds. */
const GAP = 1;

export class Moments {
  /** Answers to frames, the oldest first. */
  all;
  /** The service counts anew where a connection was lost: what its numbers start from here. */
  #start;
  #last;

  constructor() {
    this.clear();
  }

  clear() {
    this.all = [];
    this.#last = { time: 0, frame: -1, track: 0 };
    this.begin(0);
  }

  /** A connection begins, at this time since the camera was started, in seconds. */
  begin(time) {
    this.#start = { time, frame: this.#last.frame + 1, track: this.#last.track };
  }

  /** Keeps an answer to a frame; gives it back with the numbers that it has here. */
  add(answer) {
    const { time, frame, track } = this.#start;
    const faces = answer.faces?.map(face => ({ ...face, track: face.track === null ? null : face.track + track }));
    const moment = { ...answer, time: time + answer.time, frame: frame + answer.frame, faces };
    const tracks = (faces ?? []).map(face => face.track ?? 0);
    this.#last = { time: moment.time, frame: moment.frame, track: Math.max(this.#last.track, ...tracks) };
    this.all.push(moment);
    const first = this.all.findIndex(({ time }) => time > moment.time - MINUTE);
    if (first > 0) this.all.splice(0, first);
    return moment;
  }

  /** Numbers of the tracks of the last minute. */
  tracks() {
    const tracks = new Set(this.all.flatMap(({ faces = [] }) => faces.map(({ track }) => track)));
    tracks.delete(null);
    return [...tracks].sort((a, b) => a - b);
  }

  /** The faces that were seen within the last second before this time, as they were last seen. */
  present(now) {
    const faces = new Map();
    for (const { time, faces: seen = [] } of this.all) {
      if (time < now - GAP) continue;
      for (const face of seen) if (face.track !== null) faces.set(face.track, face);
    }
    return [...faces.values()].sort((a, b) => a.track - b.track);
  }

  /** A track's faces in stretches without a gap: lists of `time` and `face`. */
  stretches(track) {
    const stretches = [];
    let last = -Infinity;
    for (const { time, faces = [] } of this.all) {
      const face = faces.find(face => face.track === track);
      if (!face) continue;
      if (time - last > GAP) stretches.push([]);
      stretches.at(-1).push({ time, face });
      last = time;
    }
    return stretches;
  }

  /** Seconds of a track by the class on top, the longest first: pairs of class and seconds. */
  shares(track) {
    const seconds = new Map();
    for (const stretch of this.stretches(track)) {
      stretch.slice(1).forEach(({ time, face }, before) => {
        seconds.set(face.class, (seconds.get(face.class) ?? 0) + time - stretch[before].time);
      });
    }
    return [...seconds].sort(([, a], [, b]) => b - a);
  }
}
