/**
 * `openbatch policy …` manages policies that are attached to users, groups and roles. It works on the
 * data directory, whether or not the server runs.
 */
import type { Command } from 'commander'
import { checkPolicyDocument } from '../access/granted-policies.ts'
import {
  createPolicy,
  defaultDocument,
  deletePolicy,
  replaceDocument,
} from '../access/identities/decide-managed-policy.ts'
import type { Identities } from '../access/identities/identities.ts'
import { shippedPolicyId } from '../access/identities/shipped-policies.ts'
import { shippedDocument, shippedPolicyNames } from '../access/policy/shipped.ts'
import { policyArn } from './identities.ts'
import { type IdentityOptions, IdentityVerbs } from './identity-verbs.ts'
import { readDocument } from './policy-file.ts'
import { table } from './table.ts'
import type { Terminal } from './terminal.ts'

export function buildPolicy(policy: Command, terminal: Terminal): void {
  const verbs = new IdentityVerbs(policy, terminal)

  verbs
    .verb('add <policy> <file>', 'add a policy whose document is in a file')
    .action((policyName: string, file: string, options: IdentityOptions) => {
      const given = { policyName, document: readDocument(file) }
      const done = `added ${policyName}`
      verbs.change(options, (known, occasion) => createPolicy(known, given, checkPolicyDocument, occasion), done)
    })

  verbs
    .verb('update <policy> <file>', 'give a policy the document in a file')
    .action((policyName: string, file: string, options: IdentityOptions) => {
      const document = readDocument(file)
      verbs.change(
        options,
        (known, occasion) =>
          replaceDocument(known, { arn: policyArn(known, policyName), document }, checkPolicyDocument, occasion),
        `updated ${policyName}`,
      )
    })

  verbs.verb('list', 'list the policies and who has them').action((options: IdentityOptions) => {
    terminal.write(listing(verbs.known(options)))
  })

  verbs
    .verb('show <policy>', 'print the document of a policy')
    .action((policyName: string, options: IdentityOptions) => {
      terminal.write(`${documentOf(verbs.known(options), policyName).trimEnd()}\n`)
    })

  verbs
    .verb('remove <policy>', 'remove a policy that nobody has')
    .action((policyName: string, options: IdentityOptions) =>
      verbs.change(
        options,
        (known, occasion) => deletePolicy(known, policyArn(known, policyName), occasion, { withVersions: true }),
        `removed ${policyName}`,
      ),
    )
}

/** Throws `CommandFailure` for an unknown name. */
function documentOf(known: Identities, policyName: string): string {
  policyArn(known, policyName)
  const shipped = shippedPolicyNames.find((name) => name === policyName)
  return shipped ? shippedDocument(shipped) : defaultDocument(known.named('policy', policyName)!)
}

function listing(known: Identities): string {
  const shipped = shippedPolicyNames.map((name) => ({ name, id: shippedPolicyId(name), version: '-' }))
  const own = known.list('policy').map(({ name, id, defaultVersionId: version }) => ({ name, id, version }))
  const rows = [...shipped, ...own].map(({ name, id, version }) => {
    const holders = known.holdersOf(id).map((holder) => `${holder.kind} ${holder.name}`)
    return [name, version, holders.join(', ') || '-']
  })
  return table(['POLICY', 'VERSION', 'ATTACHED TO'], rows)
}
