import type { AttemptSpec } from '../driver.ts'
import type { HostTools } from './host-tools.ts'
import type { RunAs } from './run-as.ts'

/**
 * Writes the shell text by which the shim becomes the attempt's command: into its own output, its own
 * session, limits and user, with the attempt's environment and nothing else. Every word is quoted; nothing is expanded.
 */
export interface RunFile {
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly ulimits: AttemptSpec['ulimits']
  readonly runAs: RunAs | undefined
  readonly noNewPrivileges?: boolean
  readonly tools: HostTools
}

export function runFileText({ command, environment, ulimits, runAs, noNewPrivileges, tools }: RunFile): string {
  const names = Object.keys(environment)
  const exportable = names.filter((name) => plainName.test(name) && !shellsOwn.test(name))
  const others = names.filter((name) => !exportable.includes(name))
  const words = [tools.setsid, '--']
  if (ulimits.length > 0) {
    words.push(tools.prlimit ?? 'prlimit')
    for (const { name, softLimit, hardLimit } of ulimits)
      words.push(`--${name}=${limit(softLimit)}:${limit(hardLimit)}`)
    words.push('--')
  }
  if (runAs !== undefined || noNewPrivileges) {
    words.push(tools.setpriv ?? 'setpriv')
    if (noNewPrivileges) words.push('--no-new-privs')
    if (runAs !== undefined) {
      const groups = runAs.userName === undefined ? '--clear-groups' : '--init-groups'
      words.push(`--reuid=${runAs.uid}`, `--regid=${runAs.gid}`, groups)
    }
    words.push('--')
  }
  // Names that the shell cannot export, or would take for its own, go by env(1): one more program to start. Only these,
  // since everybody on the machine may read a program's arguments.
  if (others.length > 0) words.push(tools.env, ...others.map((name) => `${name}=${environment[name]}`))
  words.push(...command)
  return [
    // The second field, the shell's name, holds no spaces; the 22nd is the start time (proc(5)).
    'read -r me _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ since _ < /proc/self/stat || exit 125',
    'echo "job $me $since" 1<> status || exit 125',
    // The server may be gone by now. What is claimed runs all the same; SIGPIPE would end it with 141, its command never run.
    "trap '' PIPE",
    'echo s 2> /dev/null',
    'trap - PIPE',
    'echo 0 > /proc/self/oom_score_adj',
    'exec < /dev/null >> output 2>&1',
    'cd work || exit 125',
    'umask 022',
    'unset PWD OLDPWD SHLVL',
    ...exportable.map((name) => `export ${name}=${quote(environment[name] ?? '')}`),
    `exec ${words.map(quote).join(' ')}`,
    '',
  ].join('\n')
}

const plainName = /^[A-Za-z_][A-Za-z0-9_]*$/
/** Variables that mean something to dash, bash or busybox, or that they refuse to have set. */
const shellsOwn =
  /^(_|IFS|PS[0-9]|PPID|UID|EUID|GROUPS|OPTIND|OPTARG|OPTERR|LINENO|RANDOM|SECONDS|EPOCH.*|SRANDOM|DIRSTACK|FUNCNAME|PIPESTATUS|HIST.*|SHELLOPTS|SHLVL|ENV|BASH.*|COMP_.*|LC_.*|FUNCNEST)$/

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

function limit(value: number): string {
  return value < 0 ? 'unlimited' : String(value)
}
