/** A first images.yaml, which shows what most lists need. */
export function firstImagesFile(): string {
  return `\
# Base images that \`mkbase refresh images.yaml\` keeps fresh. Names of what is in an image are those of the
# options of mkbase(1). For completion in an editor, name docs/images.schema.json of mkbase in $schema.
defaults:
  repository: registry.example/team/base
  # {name} moves to the newest image; one with {date} is never moved.
  tags: ["{name}", "{name}-{date}"]
  docker-settings: true
  retention: { keep: 10, for: 30d }

images:
  bookworm:
    suite: bookworm
    include: [ca-certificates]
  trixie-slim:
    suite: trixie
    slim: true
    arch: [amd64, arm64]

# Reported of each change and failure; MKBASE_WEBHOOK_SECRET in the environment signs what is sent.
# webhook: https://hooks.example/base-images
`;
}
