/** `openbatch why JOB` says in sentences what a job waits for, the first obstacle first. */
import type { Command } from 'commander'
import type { EndingAnswer, StopAnswer, WhyAnswer } from '../wire/why.ts'
import { addCallOptions, type CallOptions, callServer } from './server-call.ts'
import { printable, type Terminal } from './terminal.ts'

interface Options extends CallOptions {
  readonly json?: true
}

export function buildWhy(verb: Command, terminal: Terminal): void {
  verb.option('--json', 'print the server’s whole answer')
  addCallOptions(verb).action(async (jobId: string, options: Options) => {
    const path = `/api/jobs/${encodeURIComponent(jobId)}/why`
    const answer = (await callServer(terminal, options, 'GET', path)) as WhyAnswer
    terminal.write(options.json ? `${JSON.stringify(answer, undefined, 2)}\n` : sentences(answer))
  })
}

function sentences({ jobId, status, statusReason, stop, ending, reasons }: WhyAnswer): string {
  const head = `${jobId} is ${status}${statusReason === undefined ? '' : `: ${statusReason}`}`
  const lines = reasons.map(({ code, text }, at) => {
    // AWS's own texts begin with their code.
    const shown = code === undefined || text.startsWith(code) ? text : `${text} [${code}]`
    return `${at + 1}. ${shown}`
  })
  return [head, ...(stop ? [stopSentence(stop)] : []), ...(ending ? endingSentences(ending) : []), ...lines]
    .map((line) => `${printable(line)}\n`)
    .join('')
}

function stopSentence({ as, reason, by, atMs }: StopAnswer): string {
  const who = by === undefined ? '' : ` by ${by}`
  const when = atMs === undefined ? '' : ` at ${new Date(atMs).toISOString()}`
  return `It was ${as}${who}${when}: ${reason}`
}

function endingSentences(ending: EndingAnswer): string[] {
  const { attempt, attemptsAllowed, reason, notRetried, failedContainers = [], log } = ending
  const { failedDependencies = [], failedChildren = [] } = ending
  const code = exitSentence(ending)
  return [
    ...(attempt === undefined || code === ''
      ? []
      : [`Attempt ${attempt} of ${Math.max(attempt, attemptsAllowed)} ended with ${code}.`]),
    ...(reason === undefined ? [] : [`The container’s reason: ${reason}`]),
    ...failedContainers.map(
      (it) =>
        `Container ${it.name}${it.node === undefined ? '' : ` of node ${it.node}`}: ${exitSentence(it) || 'did not run'}${it.reason === undefined ? '' : ` (${it.reason})`}`,
    ),
    ...(notRetried === undefined ? [] : [`There was no further attempt: ${notRetried}.`]),
    ...(failedDependencies.length === 0 ? [] : [`Failed among what it waited for: ${failedDependencies.join(', ')}`]),
    ...(failedChildren.length === 0 ? [] : [`Failed children: ${failedChildren.join(', ')}`]),
    ...(log === undefined || log.lastLines.length === 0
      ? []
      : [`The last lines of its log (${log.group}, ${log.stream}):`, ...log.lastLines.map((line) => `  ${line}`)]),
  ]
}

function exitSentence({ exitCode, exitCodeMeaning }: Pick<EndingAnswer, 'exitCode' | 'exitCodeMeaning'>): string {
  return exitCode === undefined ? '' : `exit code ${exitCode}: ${exitCodeMeaning}`
}
