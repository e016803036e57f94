/**
 * Reads a trace in the Standard Workload Format, version 2.2: a line for each job, 18 numbers each,
 * −1 for unknown values, comments behind `;`.
 * https://www.cs.huji.ac.il/labs/parallel/workload/swf.html
 */

/** One line; members are absent where the trace says −1. */
export interface SwfJob {
  readonly jobNumber: number
  readonly submitSeconds: number
  readonly runSeconds?: number
  readonly allocatedProcessors?: number
  readonly requestedProcessors?: number
  readonly requestedSeconds?: number
  /** Of one processor, in kilobytes. */
  readonly usedMemoryKb?: number
  readonly requestedMemoryKb?: number
  /** 0 failed, 1 completed, 5 cancelled; 2, 3 and 4 are parts of a job that was interrupted. */
  readonly status?: number
  readonly user?: number
  readonly group?: number
  readonly queue?: number
  /** The job was submitted after this one ended, and that long after. */
  readonly precedingJob?: number
}

export interface SwfTrace {
  /** In the order of submission. */
  readonly jobs: readonly SwfJob[]
  /** Lines that do not describe a job. */
  readonly problems: readonly string[]
}

const fieldsOfLine = 18
/** Problems beyond this number are counted, not listed. */
const problemsTold = 10
/** Lines of a trace. The largest public ones have some millions. */
const linesMax = 10_000_000

export function readSwf(text: string): SwfTrace {
  const jobs: SwfJob[] = []
  const problems: string[] = []
  let wrong = 0
  const complain = (line: number, what: string) => {
    wrong++
    if (problems.length < problemsTold) problems.push(`line ${line}: ${what}`)
  }
  let lineNumber = 0
  for (let from = 0; from < text.length; ) {
    const found = text.indexOf('\n', from)
    const to = found === -1 ? text.length : found
    const line = text.slice(from, to).trim()
    from = to + 1
    if (++lineNumber > linesMax) {
      complain(lineNumber, `a trace may have ${linesMax} lines`)
      break
    }
    if (line === '' || line.startsWith(';')) continue
    const fields = line.split(/\s+/).map(Number)
    if (fields.length !== fieldsOfLine) complain(lineNumber, `${fields.length} fields, must be ${fieldsOfLine}`)
    else if (fields.some((field) => !Number.isFinite(field))) complain(lineNumber, 'a field is not a number')
    else if (fields[1]! < 0) complain(lineNumber, 'the submit time is not known')
    else jobs.push(jobOf(fields))
  }
  if (wrong > problems.length) problems.push(`and ${wrong - problems.length} more lines`)
  jobs.sort((a, b) => a.submitSeconds - b.submitSeconds)
  return { jobs, problems }
}

/** Fields count from 1 in the definition of the format. */
function jobOf(fields: readonly number[]): SwfJob {
  const known = <K extends keyof SwfJob>(member: K, field: number) =>
    fields[field - 1]! < 0 ? {} : { [member]: fields[field - 1]! }
  return {
    jobNumber: fields[0]!,
    submitSeconds: fields[1]!,
    ...known('runSeconds', 4),
    ...known('allocatedProcessors', 5),
    ...known('usedMemoryKb', 7),
    ...known('requestedProcessors', 8),
    ...known('requestedSeconds', 9),
    ...known('requestedMemoryKb', 10),
    ...known('status', 11),
    ...known('user', 12),
    ...known('group', 13),
    ...known('queue', 15),
    ...known('precedingJob', 17),
  }
}
