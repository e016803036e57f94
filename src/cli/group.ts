/**
 * `openbatch group …` manages groups: what is allowed to a group is allowed to its members. It works
 * on the data directory, whether or not the server runs.
 */
import type { Command } from 'commander'
import { addUserToGroup, createGroup, deleteGroup, removeUserFromGroup } from '../access/identities/decide-group.ts'
import type { Identities } from '../access/identities/identities.ts'
import { policyList } from './identities.ts'
import { type IdentityOptions, IdentityVerbs } from './identity-verbs.ts'
import { table } from './table.ts'
import type { Terminal } from './terminal.ts'

export function buildGroup(group: Command, terminal: Terminal): void {
  const verbs = new IdentityVerbs(group, terminal)

  verbs
    .verb('add <group>', 'add a group')
    .action((groupName: string, options: IdentityOptions) =>
      verbs.change(options, (known, occasion) => createGroup(known, { groupName }, occasion), `added ${groupName}`),
    )

  verbs.verb('list', 'list the groups, their members and policies').action((options: IdentityOptions) => {
    terminal.write(listing(verbs.known(options)))
  })

  verbs
    .verb('remove <group>', 'remove a group that has no members and no policies')
    .action((groupName: string, options: IdentityOptions) =>
      verbs.change(options, (known) => deleteGroup(known, groupName), `removed ${groupName}`),
    )

  verbs
    .verb('add-user <group> <user>', 'add a user to a group')
    .action((groupName: string, userName: string, options: IdentityOptions) => {
      const done = `added ${userName} to ${groupName}`
      verbs.change(options, (known) => addUserToGroup(known, { groupName, userName }), done)
    })

  verbs
    .verb('remove-user <group> <user>', 'remove a user from a group')
    .action((groupName: string, userName: string, options: IdentityOptions) => {
      const done = `removed ${userName} from ${groupName}`
      verbs.change(options, (known) => removeUserFromGroup(known, { groupName, userName }), done)
    })

  verbs.addPolicyVerbs('group')
}

function listing(known: Identities): string {
  const rows = known.list('group').map((group) => {
    const members = known.membersOf(group).map(({ name }) => name)
    return [group.name, members.join(', ') || '-', policyList(known, group)]
  })
  return table(['GROUP', 'MEMBERS', 'POLICIES'], rows)
}
