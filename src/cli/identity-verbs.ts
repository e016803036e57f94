/** What the verbs on users, groups, roles and policies have in common. */
import type { Command } from 'commander'
import { attachPolicy, detachPolicy } from '../access/identities/decide-held-policy.ts'
import type { Decision, Occasion } from '../access/identities/decision.ts'
import type { Holder } from '../access/identities/entities.ts'
import type { Identities } from '../access/identities/identities.ts'
import { orProblem } from '../access/user-problem.ts'
import { addDataDirOption, existingDataDirOf } from './data-dir.ts'
import { occasionOf, openIdentities, policyArn } from './identities.ts'
import type { Terminal } from './terminal.ts'

export interface IdentityOptions {
  readonly dataDir?: string
}

export class IdentityVerbs {
  readonly #parent: Command
  readonly #terminal: Terminal

  constructor(parent: Command, terminal: Terminal) {
    this.#parent = parent
    this.#terminal = terminal
  }

  /** Adds a verb that works on a data directory. */
  verb(usage: string, description: string): Command {
    return addDataDirOption(this.#parent.command(usage).description(description))
  }

  known(options: IdentityOptions): Identities {
    return openIdentities(existingDataDirOf(options, this.#terminal.env), this.#terminal).current()
  }

  /** Changes the identities, then says what was done. Throws `UserProblem` for a refusal. */
  change(
    options: IdentityOptions,
    decide: (known: Identities, occasion: Occasion) => Decision<unknown>,
    done: string,
  ): void {
    const directory = openIdentities(existingDataDirOf(options, this.#terminal.env), this.#terminal)
    orProblem(directory.change((known) => decide(known, occasionOf(this.#terminal))))
    this.#terminal.write(`${done}\n`)
  }

  /** Adds the verbs that attach policies to a user, group or role. */
  addPolicyVerbs(kind: Holder['kind']): void {
    this.verb(`attach <${kind}> <policy>`, `give a ${kind} a policy: its name, as OpenBatchReadOnly`).action(
      (name: string, policy: string, options: IdentityOptions) =>
        this.change(
          options,
          (known, occasion) => attachPolicy(known, { to: { kind, name }, arn: policyArn(known, policy) }, occasion),
          `attached ${policy} to ${name}`,
        ),
    )
    this.verb(`detach <${kind}> <policy>`, `take a policy from a ${kind}`).action(
      (name: string, policy: string, options: IdentityOptions) =>
        this.change(
          options,
          (known, occasion) => detachPolicy(known, { from: { kind, name }, arn: policyArn(known, policy) }, occasion),
          `detached ${policy} from ${name}`,
        ),
    )
  }
}
