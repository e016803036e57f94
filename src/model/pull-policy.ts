/**
 * When a job's image is pulled, in the words of ECS_IMAGE_PULL_BEHAVIOR.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-agent-config.html
 */
export const pullPolicies = ['default', 'once', 'always', 'prefer-cached'] as const
export type PullPolicy = (typeof pullPolicies)[number]
