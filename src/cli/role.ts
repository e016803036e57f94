/**
 * `openbatch role …` manages roles: what jobs and sessions are allowed that play them. It works on
 * the data directory, whether or not the server runs.
 */
import type { Command } from 'commander'
import { checkPolicyDocument } from '../access/granted-policies.ts'
import { createRole, deleteRole } from '../access/identities/decide-role.ts'
import type { Identities } from '../access/identities/identities.ts'
import { policyList } from './identities.ts'
import { type IdentityOptions, IdentityVerbs } from './identity-verbs.ts'
import { readDocument } from './policy-file.ts'
import { table } from './table.ts'
import type { Terminal } from './terminal.ts'

interface AddOptions extends IdentityOptions {
  readonly description?: string
  readonly trustPolicy?: string
}

/** Lets jobs have the role, as the documentation of AWS Batch has it. */
const trustOfJobs = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' }],
})

export function buildRole(role: Command, terminal: Terminal): void {
  const verbs = new IdentityVerbs(role, terminal)

  verbs
    .verb('add <role>', 'add a role')
    .option('--description <text>', 'what the role is for')
    .option('--trust-policy <file>', 'a document that says who may assume the role (default: jobs)')
    .action((roleName: string, { description, trustPolicy: file, ...options }: AddOptions) => {
      const trustPolicy = file === undefined ? trustOfJobs : readDocument(file)
      const newRole = { roleName, trustPolicy, ...(description === undefined ? {} : { description }) }
      const done = `added ${roleName}`
      verbs.change(options, (known, occasion) => createRole(known, newRole, checkPolicyDocument, occasion), done)
    })

  verbs.verb('list', 'list the roles and their policies').action((options: IdentityOptions) => {
    terminal.write(listing(verbs.known(options)))
  })

  verbs
    .verb('remove <role>', 'remove a role that has no policies; its sessions end')
    .action((roleName: string, options: IdentityOptions) =>
      verbs.change(options, (known) => deleteRole(known, roleName), `removed ${roleName}`),
    )

  verbs.addPolicyVerbs('role')
}

function listing(known: Identities): string {
  const rows = known.list('role').map((role) => [role.name, policyList(known, role), role.description ?? '-'])
  return table(['ROLE', 'POLICIES', 'DESCRIPTION'], rows)
}
