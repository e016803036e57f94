/** Refuses variables whose names belong to this server, because programs trust them. */
import type { KeyValuePair } from '../../../model/generated/batch.ts'
import type { HostRefusal } from './refusal.ts'

/** Secrets are variables too. `member` is where the list stands. */
export function environmentRefusals(variables: readonly Pick<KeyValuePair, 'name'>[], member: string): HostRefusal[] {
  return variables.flatMap(({ name = '' }, index) =>
    /^(OPENBATCH_|AWS_BATCH)/i.test(name)
      ? [{ member: `${member}[${index}].name`, why: `variables named like ${name.slice(0, 64)} are the server’s own` }]
      : [],
  )
}
