import type { AttemptSpec } from '../driver.ts'
import { commandStageScript } from './command-stage.ts'
import { type HostTools, ownMounts } from './host-tools.ts'
import { type BindMount, mountingLines } from './mounting.ts'
import type { RunAs } from './run-as.ts'

/**
 * Writes the shell text by which the shim becomes the attempt's command: with its own output,
 * session, limits and user, and with the attempt's environment and nothing else. Every word is
 * quoted; nothing is expanded. The shim passes its connection to the server as 1, and `status` as 3
 * (to append) and 4 (to read). They continue as 5 and 3.
 *
 * No name and no value of the environment is ever the argument of a program: everybody on the
 * machine may read arguments, and the program may take them for options. Nor does a program that
 * still has the server's user get the environment of a job that runs as another user, because the
 * program loader obeys some of it. So there are three ways to the command:
 *
 *   - the shell exports the environment and becomes the command;
 *   - for a job with another user: a second shell, which has that user already, reads the exports
 *     from the file `input`;
 *   - for names that the shell cannot export: Node reads the file `input` and becomes the command
 *     (`command-stage.ts`). It takes some fifty milliseconds more.
 *
 * A job with mounts takes one of the last two ways. Before it, a shell in a mount namespace of the
 * attempt's own reads the mounts from the file `mounts` (`mounting.ts`).
 */
export interface CommandToRun {
  readonly command: readonly string[]
  /** Where the server found the program. */
  readonly program: string
  readonly environment: Readonly<Record<string, string>>
  readonly workingDirectory: string
  readonly ulimits: AttemptSpec['ulimits']
  readonly runAs: RunAs | undefined
  readonly noNewPrivileges: boolean
  /** In a mount namespace of the attempt's own. Empty: it has the server's. */
  readonly mounts: readonly BindMount[]
}

/** The texts of the files `run` and, if there are any, `mounts` and `input`. */
export interface RunFiles {
  readonly run: string
  /** What a shell in the attempt's mount namespace reads: it mounts, and goes on to what reads `input`. */
  readonly mounts: string | undefined
  readonly input: string | undefined
}

export function runFiles(job: CommandToRun, tools: HostTools): RunFiles {
  if (!Object.entries(job.environment).every(tools.shellIsDash ? dashExports : anyShellExports)) {
    return byNode(job, tools)
  }
  const isPlain = job.runAs === undefined && !job.noNewPrivileges && job.mounts.length === 0
  return isPlain ? byShell(job, tools) : bySecondShell(job, tools)
}

function byShell(job: CommandToRun, tools: HostTools): RunFiles {
  const run = [
    ...opening(job),
    begun,
    ...settingLimits(job, tools),
    ...telling,
    'exec 3>&- 5>&-',
    ...exporting(job),
    `exec ${words([tools.setsid, '--', ...job.command])}`,
  ]
  return { run: text(run), mounts: undefined, input: undefined }
}

function bySecondShell(job: CommandToRun, tools: HostTools): RunFiles {
  const [first = '', ...rest] = job.command
  const before = [...opening(job), ...settingLimits(job, tools)]
  const input = [
    `[ -x ${quote(job.program)} ] || ${failing(quote(`exec: ${JSON.stringify(first)}: permission denied`))}`,
    begun,
    ...telling,
    ...exporting(job),
    `exec ${words([first.startsWith('-') ? job.program : first, ...rest])} < /dev/null 3>&- 5>&-`,
  ]
  return { ...reachingInput(job, tools, before, [...withUser(job, tools), tools.shell]), input: text(input) }
}

/** Goes on to the program that reads `input`, by way of the mounts if there are any. */
function reachingInput(
  { mounts }: CommandToRun,
  tools: HostTools,
  before: readonly string[],
  program: readonly string[],
): Omit<RunFiles, 'input'> {
  const { mounting, setsid, shell } = tools
  if (mounts.length === 0 || mounting === undefined) {
    const run = [inputAs6, ...before, `exec ${words([setsid, '--', ...program])} <&6 6<&-`]
    return { run: text(run), mounts: undefined }
  }
  const run = [inputAs6, 'exec 7< mounts', ...before]
  run.push(`exec ${words([setsid, '--', mounting.unshare, ...ownMounts, shell])} <&7 7<&-`)
  const lines = mountingLines(mounts, mounting, { quote, fail: failing('"$why"') })
  return { run: text(run), mounts: text([...lines, `exec ${words(program)} <&6 6<&- 7<&- 8<&-`]) }
}

function byNode(job: CommandToRun, tools: HostTools): RunFiles {
  const { command, environment, program, runAs } = job
  // Node changes to the user itself. Only root may raise limits, and Node needs its own limits
  // until the end.
  const withoutUser = withUser({ ...job, runAs: undefined }, tools)
  const node = [tools.node, '--no-warnings', '-e', commandStageScript]
  const input = { command, program, environment, runAs, prlimit: tools.prlimit, limits: limitOptions(job) }
  return { ...reachingInput(job, tools, opening(job), [...withoutUser, ...node]), input: JSON.stringify(input) }
}

const inputAs6 = 'exec 6< input'

function opening({ workingDirectory }: CommandToRun): string[] {
  return [
    // The second field, the shell's name, holds no spaces. The 22nd is the start time (proc(5)).
    'read -r me _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ since _ < /proc/self/stat || exit 125',
    // A failure up to here leaves nothing in `status`, and the start can be tried again.
    'exec 4<&- 5>&1 < /dev/null >> output 2>&1',
    'echo "job $me $since" >&3 || exit 125',
    'echo 0 > /proc/self/oom_score_adj',
    `cd ${quote(workingDirectory)} || ${failing(quote('the working directory of the attempt is gone'))}`,
    'umask 022',
  ]
}

/** Shell text that fails with the reason, whatever the shell was going to read next. */
function failing(reason: string): string {
  return `{ printf 'failed %s\\n' ${reason} >&3; exit 125; }`
}

/** Written first, before a limit on the size of files can prevent it. */
const begun = 'echo begun >&3 || exit 125'

/**
 * The server may be gone by now. A claimed attempt runs all the same. SIGPIPE would end the shell
 * before its command ran.
 */
const telling = ["trap '' PIPE", 'echo s >&5 2> /dev/null', 'trap - PIPE']

function settingLimits(job: CommandToRun, tools: HostTools): string[] {
  const options = limitOptions(job)
  if (options.length === 0) return []
  const { prlimit = 'prlimit' } = tools
  return [`why=$(${words([prlimit, ...options])} --pid "$me" 2>&1 5>&-) || ${failing('"$why"')}`, 'unset why']
}

function limitOptions({ ulimits }: CommandToRun): string[] {
  return ulimits.map(({ name, softLimit, hardLimit }) => `--${name}=${limit(softLimit)}:${limit(hardLimit)}`)
}

function withUser({ noNewPrivileges, runAs }: CommandToRun, tools: HostTools): string[] {
  if (runAs === undefined && !noNewPrivileges) return []
  const options = noNewPrivileges ? ['--no-new-privs'] : []
  if (runAs !== undefined) {
    const groups = runAs.userName === undefined ? '--clear-groups' : '--init-groups'
    options.push(`--reuid=${runAs.uid}`, `--regid=${runAs.gid}`, groups)
  }
  return [tools.setpriv ?? 'setpriv', ...options, '--']
}

function exporting({ environment }: CommandToRun): string[] {
  const exports = Object.entries(environment).map(([name, value]) => `export ${name}=${quote(value)}`)
  return ['unset me since _ PWD OLDPWD SHLVL', ...exports]
}

const plainName = /^[A-Za-z_][A-Za-z0-9_]*$/

/** Dash takes the values of these variables for numbers, or ends. */
function dashExports([name, value]: [string, string]): boolean {
  return plainName.test(name) && (name !== 'OPTIND' || /^[1-9]\d{0,5}$/.test(value))
}

/** Variables that mean something to bash or busybox, or that they refuse to set. */
const shellsOwn =
  /^(_|IFS|PS[0-9]|PPID|UID|EUID|GROUPS|OPTIND|OPTARG|OPTERR|LINENO|RANDOM|SECONDS|EPOCH.*|SRANDOM|DIRSTACK|FUNCNAME|PIPESTATUS|HIST.*|SHELLOPTS|SHLVL|ENV|BASH.*|COMP_.*|LC_.*|FUNCNEST)$/

function anyShellExports([name]: [string, string]): boolean {
  return plainName.test(name) && !shellsOwn.test(name)
}

function words(all: readonly string[]): string {
  return all.map(quote).join(' ')
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}

function text(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`
}

function limit(value: number): string {
  return value < 0 ? 'unlimited' : String(value)
}
