/**
 * `openbatch role …` manages roles: what jobs and sessions are allowed that play them. It works on
 * the data directory, whether or not the server runs.
 */
import type { Command } from 'commander'
import { attachPolicy, detachPolicy } from '../access/identities/decide-held-policy.ts'
import { createRole, deleteRole } from '../access/identities/decide-role.ts'
import type { Decision, Occasion } from '../access/identities/decision.ts'
import type { Identities } from '../access/identities/identities.ts'
import { orProblem } from '../access/user-problem.ts'
import { addDataDirOption, existingDataDirOf } from './data-dir.ts'
import { occasionOf, openIdentities, policyArn, policyList } from './identities.ts'
import { table } from './table.ts'
import type { Terminal } from './terminal.ts'

interface Options {
  readonly dataDir?: string
}
interface AddOptions extends Options {
  readonly description?: string
}

/** Lets jobs have the role, as the documentation of AWS Batch has it. */
const trustPolicy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' }],
})

export function buildRole(role: Command, terminal: Terminal): void {
  const open = (options: Options) => openIdentities(existingDataDirOf(options, terminal.env), terminal)
  const verb = (usage: string, description: string) => addDataDirOption(role.command(usage).description(description))
  const change = (
    options: Options,
    decide: (known: Identities, occasion: Occasion) => Decision<unknown>,
    done: string,
  ) => {
    orProblem(open(options).change((known) => decide(known, occasionOf(terminal))))
    terminal.write(`${done}\n`)
  }

  verb('add <role>', 'add a role that jobs may have')
    .option('--description <text>', 'what the role is for')
    .action((roleName: string, { description, ...options }: AddOptions) => {
      const newRole = { roleName, trustPolicy, ...(description === undefined ? {} : { description }) }
      // The document is the one above, which is known to be good.
      const check = () => undefined
      change(options, (known, occasion) => createRole(known, newRole, check, occasion), `added ${roleName}`)
    })

  verb('list', 'list the roles and their policies').action((options: Options) => {
    terminal.write(listing(open(options).current()))
  })

  verb('remove <role>', 'remove a role that has no policies; its sessions end').action(
    (roleName: string, options: Options) =>
      change(options, (known) => deleteRole(known, roleName), `removed ${roleName}`),
  )

  verb('attach <role> <policy>', 'allow a role what a policy allows: its name, as OpenBatchUser').action(
    (name: string, policy: string, options: Options) =>
      change(
        options,
        (known, occasion) =>
          attachPolicy(known, { to: { kind: 'role', name }, arn: policyArn(known, policy) }, occasion),
        `attached ${policy} to ${name}`,
      ),
  )

  verb('detach <role> <policy>', 'take a policy from a role').action((name: string, policy: string, options: Options) =>
    change(
      options,
      (known, occasion) =>
        detachPolicy(known, { from: { kind: 'role', name }, arn: policyArn(known, policy) }, occasion),
      `detached ${policy} from ${name}`,
    ),
  )
}

function listing(known: Identities): string {
  const rows = known.list('role').map((role) => [role.name, policyList(known, role), role.description ?? '-'])
  return table(['ROLE', 'POLICIES', 'DESCRIPTION'], rows)
}
