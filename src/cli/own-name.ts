/** How the user called us, and can call us again: `dabba`, or what stands for it in a checkout or with npx. */
export function ownName(): string {
  const { npm_lifecycle_event: script, npm_command: command } = process.env
  if (command === 'run-script' || script === 'start') return 'npm run -s dabba --'
  return command === 'exec' ? 'npx dabba' : 'dabba'
}
