/**
 * Jobs as shell scripts that write their own evidence: a line of JSON where their command begins
 * and another where it ends, added to the file $EVIDENCE. The kernel puts the lines of all jobs in
 * one order, so no clock is needed. For dash, bash and busybox.
 */
export type ShellSteps = readonly (
  | { print: string; count: number }
  | { pauseMs: number }
  | { exit: number }
  | { exitUnlessAttempt: number; code: number }
  | { exitAtIndex: number; code: number }
)[]

const preamble = `
# A shell tells of children that were killed.
exec 2> /dev/null
read -r nonce < /proc/sys/kernel/random/uuid
tell() {
  printf '{"jobId":"%s","attempt":%s,"part":"%s","nonce":"%s","event":"%s","exitCode":%s}\\n' \\
    "$AWS_BATCH_JOB_ID" "$AWS_BATCH_JOB_ATTEMPT" "$part" "$nonce" "$1" "$2" >> "$EVIDENCE"
}
finish() { tell end "$1"; exit "$1"; }
trap 'finish 143' TERM
tell start null
`

/** `container` is its place among those of its task, if there are several. */
export function shellJob(steps: ShellSteps, container?: number): string {
  const part = container === undefined ? '' : `n$\{AWS_BATCH_JOB_NODE_INDEX:-0}c${container}`
  return [`part=${part}`, preamble, ...steps.map(line), 'finish 0'].join('\n')
}

function line(step: ShellSteps[number]): string {
  if ('print' in step) return `i=1; while [ $i -le ${step.count} ]; do echo "${step.print} $i"; i=$((i+1)); done`
  // Runs in the background, so that the signal is noticed at once.
  if ('pauseMs' in step) return `sleep ${step.pauseMs / 1000} & wait $!`
  if ('exit' in step) return `finish ${step.exit}`
  if ('exitAtIndex' in step) return `[ "$AWS_BATCH_JOB_ARRAY_INDEX" != ${step.exitAtIndex} ] || finish ${step.code}`
  return `[ "$AWS_BATCH_JOB_ATTEMPT" = ${step.exitUnlessAttempt} ] || finish ${step.code}`
}
