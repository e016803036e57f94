/**
 * What attaching and detaching have in common: the policy is no resource of theirs, but a condition
 * may ask for it, and the audit names it.
 */
export const policyAsked = {
  conditionValues: ({ PolicyArn }: { readonly PolicyArn: string }) => [{ 'iam:PolicyARN': [PolicyArn] }],
  mentions: ({ PolicyArn }: { readonly PolicyArn: string }) => PolicyArn,
}
