import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'

/**
 * The few programs of the host that the driver depends on, all of them a shell or from util-linux.
 */
export interface HostTools {
  readonly shell: string
  /** Dash has only a few variables of its own, and all of them are known. */
  readonly shellIsDash: boolean
  readonly setsid: string
  /** The Node that runs the server. Needed only for environments that no shell can export. */
  readonly node: string
  /** Needed only for jobs with `ulimits`. */
  readonly prlimit: string | undefined
  /** Needed only for jobs with `user`. */
  readonly setpriv: string | undefined
  /** Undefined where the server may not make mount namespaces. */
  readonly mounting: MountingPrograms | undefined
}

/** They give an attempt a mount namespace of its own, and mount in it. */
export interface MountingPrograms {
  readonly unshare: string
  readonly mount: string
  readonly readlink: string
}

/** Returns the tools, or a sentence that says what is missing. */
export function findHostTools(): HostTools | string {
  if (process.platform !== 'linux') {
    return `plain processes need Linux (/proc, setsid, cgroups); this is ${process.platform}. Use Docker here.`
  }
  const dash = find('dash')
  const [shell, setsid] = [dash ?? find('sh'), find('setsid')]
  if (!shell || !setsid) return 'plain processes need the programs sh and setsid (util-linux)'
  const optional = { prlimit: find('prlimit'), setpriv: find('setpriv'), mounting: findMounting() }
  return { shell, shellIsDash: dash !== undefined, setsid, node: process.execPath, ...optional }
}

/** Asks the kernel once, because a server that is root in a container may not be allowed either. */
function findMounting(): MountingPrograms | undefined {
  const [unshare, mount, readlink] = [find('unshare'), find('mount'), find('readlink')]
  if (!unshare || !mount || !readlink || process.getuid?.() !== 0) return undefined
  const { status } = spawnSync(unshare, [...ownMounts, 'true'], { stdio: 'ignore', timeout: probeMs })
  return status === 0 ? { unshare, mount, readlink } : undefined
}

const probeMs = 10_000

/** Options of unshare. What the host mounts later is seen by the job; what the job mounts is not seen by the host. */
export const ownMounts: readonly string[] = ['--mount', '--propagation', 'slave', '--']

function find(program: string): string | undefined {
  for (const directory of ['/bin', '/usr/bin', '/sbin', '/usr/sbin', '/usr/local/bin']) {
    const file = join(directory, program)
    try {
      accessSync(file, constants.X_OK)
      return file
    } catch {
      // The tool is not here; try the next directory.
    }
  }
  return undefined
}
