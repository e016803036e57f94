/**
 * `openbatch group …` manages groups: what is allowed to a group is allowed to its members. It works
 * on the data directory, whether or not the server runs.
 */
import type { Command } from 'commander'
import { addUserToGroup, createGroup, deleteGroup, removeUserFromGroup } from '../access/identities/decide-group.ts'
import { attachPolicy, detachPolicy } from '../access/identities/decide-held-policy.ts'
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

export function buildGroup(group: Command, terminal: Terminal): void {
  const open = (options: Options) => openIdentities(existingDataDirOf(options, terminal.env), terminal)
  const verb = (usage: string, description: string) => addDataDirOption(group.command(usage).description(description))
  const change = (
    options: Options,
    decide: (known: Identities, occasion: Occasion) => Decision<unknown>,
    done: string,
  ) => {
    orProblem(open(options).change((known) => decide(known, occasionOf(terminal))))
    terminal.write(`${done}\n`)
  }

  verb('add <group>', 'add a group').action((groupName: string, options: Options) =>
    change(options, (known, occasion) => createGroup(known, { groupName }, occasion), `added ${groupName}`),
  )

  verb('list', 'list the groups, their members and policies').action((options: Options) => {
    terminal.write(listing(open(options).current()))
  })

  verb('remove <group>', 'remove a group that has no members and no policies').action(
    (groupName: string, options: Options) =>
      change(options, (known) => deleteGroup(known, groupName), `removed ${groupName}`),
  )

  verb('add-user <group> <user>', 'add a user to a group').action(
    (groupName: string, userName: string, options: Options) =>
      change(options, (known) => addUserToGroup(known, { groupName, userName }), `added ${userName} to ${groupName}`),
  )

  verb('remove-user <group> <user>', 'remove a user from a group').action(
    (groupName: string, userName: string, options: Options) =>
      change(
        options,
        (known) => removeUserFromGroup(known, { groupName, userName }),
        `removed ${userName} from ${groupName}`,
      ),
  )

  verb('attach <group> <policy>', 'allow a group what a policy allows: its name, as OpenBatchUser').action(
    (name: string, policy: string, options: Options) =>
      change(
        options,
        (known, occasion) =>
          attachPolicy(known, { to: { kind: 'group', name }, arn: policyArn(known, policy) }, occasion),
        `attached ${policy} to ${name}`,
      ),
  )

  verb('detach <group> <policy>', 'take a policy from a group').action(
    (name: string, policy: string, options: Options) =>
      change(
        options,
        (known, occasion) =>
          detachPolicy(known, { from: { kind: 'group', name }, arn: policyArn(known, policy) }, occasion),
        `detached ${policy} from ${name}`,
      ),
  )
}

function listing(known: Identities): string {
  const rows = known.list('group').map((group) => [
    group.name,
    known
      .membersOf(group)
      .map(({ name }) => name)
      .join(', ') || '-',
    policyList(known, group),
  ])
  return table(['GROUP', 'MEMBERS', 'POLICIES'], rows)
}
