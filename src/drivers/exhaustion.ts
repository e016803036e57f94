/** What this process may have at once: descriptors, memory, processes. */

/** Whether something failed because there is no more of it for now. Nothing is decided by it: try again later. */
export function isExhaustion(error: unknown): error is NodeJS.ErrnoException {
  return ['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN'].includes((error as NodeJS.ErrnoException | undefined)?.code ?? '')
}
