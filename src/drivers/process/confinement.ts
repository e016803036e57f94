import type { AttemptSpec, Confinement } from '../driver.ts'
import { allowedRealPath } from '../real-path.ts'
import type { Accounts } from './accounts.ts'
import type { HostTools } from './host-tools.ts'
import type { OpenDirectories } from './open-directories.ts'
import { type RunAs, resolveUser } from './run-as.ts'

/**
 * How the jobs of ordinary users run. `ownAccount`: under an account of their owner's, which needs
 * a server that is root. `serverAccount`: as the server's user, where they may do whatever the
 * server may.
 */
export type OrdinaryUsers = 'ownAccount' | 'serverAccount'

export interface ConfinementParts {
  readonly ordinaryUsers: OrdinaryUsers
  readonly accounts: Accounts
  readonly open: OpenDirectories
  /** What no job of an ordinary user may mount. */
  readonly guarded: readonly string[]
  readonly tools: Pick<HostTools, 'setpriv'>
}

/** Decides under which account the job of an ordinary user runs. */
export class Confining {
  readonly #parts: ConfinementParts

  constructor(parts: ConfinementParts) {
    this.#parts = parts
  }

  /** Why no job of an ordinary user runs here, if that is so. */
  whyNot(): string | undefined {
    const { ordinaryUsers, tools } = this.#parts
    if (ordinaryUsers === 'serverAccount') return undefined
    if (process.getuid?.() !== 0)
      return 'does not run jobs of ordinary users, because the server is not root and they would have its rights (drivers.process.ordinaryUsers)'
    return tools.setpriv === undefined ? 'needs setpriv (util-linux) for the jobs of ordinary users' : undefined
  }

  /** Whether the attempt runs under an account of its owner's. */
  hasAccount(spec: AttemptSpec): spec is AttemptSpec & { readonly confinement: Confinement } {
    return spec.confinement !== undefined && this.#parts.ordinaryUsers === 'ownAccount'
  }

  /** The account of a job with one, or why the job is refused. */
  accountFor(spec: AttemptSpec & { readonly confinement: Confinement }): RunAs | { readonly reason: string } {
    const { accounts, guarded, open } = this.#parts
    const { confinement, mounts, privileged, user } = spec
    const why = this.whyNot() ?? (privileged ? 'gives no job of an ordinary user more rights' : undefined)
    if (why !== undefined) return refusal(why)
    for (const mount of mounts) {
      const found =
        mount.kind === 'host' && !mount.isSupplied
          ? allowedRealPath(mount, { allowed: confinement.hostPaths, guarded })
          : {}
      if ('why' in found) return { reason: `CannotStartContainerError: ${found.why}` }
    }
    const account = accounts.of(confinement.owner)
    if (typeof account === 'string') return refusal(`has no account for ${confinement.owner}: ${account}`)
    const closed = open.whyNot()
    if (closed !== undefined) return refusal(`cannot run a job as another user: ${closed}`)
    if (!user || isAccount(user, account)) return account
    return refusal(`runs the jobs of ${confinement.owner} as ${account.uid}:${account.gid}, and not as ${user}`)
  }
}

function isAccount(user: string, { uid, gid }: RunAs): boolean {
  const asked = resolveUser(user)
  return typeof asked !== 'string' && asked.uid === uid && (asked.gid === gid || !user.includes(':'))
}

function refusal(why: string): { readonly reason: string } {
  return { reason: `CannotStartContainerError: the process driver ${why}` }
}
