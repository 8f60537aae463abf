/**
 * Waits until an element is about to be seen.
 *
 * A chat may hold a thousand blocks of code. Only those near the window are worth the work.
 */
const waiting = new WeakMap<Element, () => void>();
const observer = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      const act = waiting.get(target);
      forget(target);
      act?.();
    }
  },
  { rootMargin: "800px" },
);

/** Calls `act` once, when the element comes near the window. */
export function whenNear(element: Element, act: () => void): void {
  waiting.set(element, act);
  observer.observe(element);
}

/** Does not wait for an element any more. */
export function forget(element: Element): void {
  waiting.delete(element);
  observer.unobserve(element);
}
