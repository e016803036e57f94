import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'

/** The few programs of the host the driver leans on, all of them in util-linux and coreutils. */
export interface HostTools {
  readonly shell: string
  readonly setsid: string
  readonly env: string
  /** Needed only for jobs with `ulimits`. */
  readonly prlimit: string | undefined
  /** Needed only for jobs with `user`. */
  readonly setpriv: string | undefined
}

/** The tools, or what is missing, as a sentence. */
export function findHostTools(): HostTools | string {
  if (process.platform !== 'linux') {
    return `plain processes need Linux (/proc, setsid, cgroups); this is ${process.platform}. Use Docker here.`
  }
  const [shell, setsid, env] = [find('dash') ?? find('sh'), find('setsid'), find('env')]
  if (!shell || !setsid || !env) return 'plain processes need the programs sh, setsid (util-linux) and env (coreutils)'
  return { shell, setsid, env, prlimit: find('prlimit'), setpriv: find('setpriv') }
}

function find(program: string): string | undefined {
  for (const directory of ['/bin', '/usr/bin', '/sbin', '/usr/sbin', '/usr/local/bin']) {
    const file = join(directory, program)
    try {
      accessSync(file, constants.X_OK)
      return file
    } catch {
      // Not here: look on.
    }
  }
  return undefined
}
