/**
 * What stands beside what in a merge view, of very many differences, too.
 *
 * The view looks at each of its chunks whenever it measures itself, which is with each frame of a scroll; and what it
 * puts in where nobody has been makes it guess anew how high everything there is, on and on. So chunks in a row that
 * were never near what is seen are told to it as one. Once they are near they stay apart: what was seen does not move.
 */
import { Chunk, type MergeView } from "@codemirror/merge";
import { lastBefore } from "./model.ts";

/** So many frames after one another are tried until both sides are at rest. */
const ROUNDS_MAX = 30;

/** What the view does not tell of itself. */
interface Measured {
  chunks: readonly Chunk[];
  measure(): void;
}

/** Lays both sides of a view beside each other where they are seen, until nothing moves. */
export function layBeside(view: MergeView): void {
  const { a, b, chunks } = view;
  const measured = view as unknown as Measured;
  const measure = measured.measure.bind(view);
  const near = chunks.map(() => false);
  let [frame, rounds] = [0, 0];
  const lay = (): void => {
    const [inA, inB] = [within(chunks, a.viewport, "fromA", "toA"), within(chunks, b.viewport, "fromB", "toB")];
    const [first, end] = [Math.max(inA[0], inB[0]), Math.min(inA[1], inB[1])];
    // Not the first one: what is put in stands before a chunk, and must stand where nothing is guessed.
    if (first + 1 < end) near.fill(true, first + 1, end);
    // Where they do not show the same yet, the one that is behind leads: the other one can be moved down to it.
    else near[Math.min(inA[0], inB[0])] = true;
    measured.chunks = joined(chunks, near);
    const before = [a.state, b.state];
    measure();
    if (before[0] === a.state && before[1] === b.state) rounds = 0;
    else if (frame === 0 && rounds < ROUNDS_MAX) frame = requestAnimationFrame(settle);
  };
  // What moves one side brings other lines of it into view, whose heights were guessed before.
  const settle = (): void => {
    [frame, rounds] = [0, rounds + 1];
    if (view.dom.isConnected) lay();
  };
  measured.measure = () => {
    // What is put in has the view measure, too: that is none of a new beginning.
    if (frame === 0) rounds = 0;
    lay();
  };
}

/** From which chunk to before which one they touch what one side has drawn. */
function within(chunks: readonly Chunk[], { from, to }: { from: number; to: number }, begin: "fromA" | "fromB", end: "toA" | "toB"): [number, number] {
  const before = (holds: (chunk: Chunk) => boolean) => lastBefore(chunks.length, (at) => holds(chunks[at]!)) + 1;
  return [before((chunk) => chunk[end] < from), before((chunk) => chunk[begin] <= to)];
}

/** The chunks that are near, and what lies between them as one each. */
function joined(chunks: readonly Chunk[], near: readonly boolean[]): Chunk[] {
  const found: Chunk[] = [];
  for (let at = 0; at < chunks.length; ) {
    const first = chunks[at]!;
    let end = at + 1;
    while (!near[at] && end < chunks.length && !near[end]) end += 1;
    const last = chunks[end - 1]!;
    found.push(end === at + 1 ? first : new Chunk([], first.fromA, last.toA, first.fromB, last.toB));
    at = end;
  }
  return found;
}
