/**
 * Named moments at which a test can have the process killed. `OPENBATCH_FAILPOINT=name:n` sends
 * SIGKILL to the server the n-th time it passes `name`. Without the variable nothing happens.
 */
export const failpoints = [
  'during-recovery',
  'before-append',
  'after-append-before-reply',
  'before-effect',
  'after-effect-before-report',
  'after-log-append',
  'before-stop',
  'before-log-finish',
  'after-log-finish',
  'before-remove',
] as const
export type Failpoint = (typeof failpoints)[number]

export type PassFailpoint = (name: Failpoint) => void

export function failpointsFrom(setting: string | undefined): PassFailpoint {
  if (!setting) return () => {}
  const [name, count = '1'] = setting.split(':')
  if (!failpoints.some((known) => known === name))
    throw new Error(`Unknown failpoint ${name}; known: ${failpoints.join(', ')}`)
  let left = Number(count)
  return (passed) => {
    if (passed === name && --left === 0) process.kill(process.pid, 'SIGKILL')
  }
}
