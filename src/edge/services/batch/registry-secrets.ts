/**
 * Whether the caller may use the secrets that a definition names for the pull of its images. Without
 * the question anybody who defines jobs could have every secret of that form sent to a registry of
 * their own. On AWS the execution role is asked; here it is the user who registers the definition.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/private-auth.html
 */
import { authorise } from '../../../access/authorise.ts'
import type { Refusal } from '../../../model/refusal.ts'
import { secretArn } from '../../../secrets/secret-arn.ts'
import { namesOfRegistryAuth } from '../../../secrets/value-from.ts'
import type { RequestContext } from '../../context.ts'
import { requestValues } from '../../request-values.ts'

export const useSecret = 'secretsmanager:GetSecretValue'

/** AWS's refusal for the first secret that may not be used. A secret need not exist. */
export function refusedSecret(context: RequestContext, parameters: readonly string[]): Refusal | undefined {
  for (const parameter of parameters) {
    const resource = secretMeant(context, parameter)
    const wish = { action: useSecret, resource, values: requestValues(context, resource) }
    const refusal = authorise(context.principal, wish, context.backend.account)
    if (refusal) return refusal
  }
  return undefined
}

/**
 * The ARN of the secret that a start would find, whatever account and region the definition writes.
 * Otherwise a policy that denies a secret could be passed by with another account's ARN.
 */
function secretMeant({ backend }: RequestContext, parameter: string): string {
  const names = namesOfRegistryAuth(parameter)
  const name = names.find((each) => backend.secrets.look(each)) ?? names.at(-1)
  return name === undefined ? parameter : secretArn(backend, name)
}
