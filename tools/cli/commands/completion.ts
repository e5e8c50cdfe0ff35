import { Argument, type Command } from 'commander';
import { KINDS } from '../kinds.js';
import type { Session } from '../session.js';

export function addCompletion(program: Command, session: Session): void {
  program
    .command('completion')
    .description('print the completion of a shell: source <(millrace completion bash)')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh']))
    .action((shell: string) => {
      const commands = program.commands.map((command) => command.name()).join(' ');
      session.terminal.out(shell === 'bash' ? bash(commands) : zsh(commands));
    });
}

const kinds = (): string => KINDS.map(({ path }) => path).join(' ');

const bash = (commands: string): string => `_millrace() {
  local word="\${COMP_WORDS[COMP_CWORD]}"
  if [ "$COMP_CWORD" -eq 1 ]; then COMPREPLY=($(compgen -W "${commands}" -- "$word")); return; fi
  case "\${COMP_WORDS[1]}" in
    get|describe|delete) [ "$COMP_CWORD" -eq 2 ] && COMPREPLY=($(compgen -W "${kinds()}" -- "$word"));;
    *) COMPREPLY=($(compgen -f -- "$word"));;
  esac
}
complete -F _millrace millrace`;

const zsh = (commands: string): string => `#compdef millrace
_millrace() {
  if (( CURRENT == 2 )); then compadd ${commands}; return; fi
  case "$words[2]" in
    get|describe|delete) (( CURRENT == 3 )) && compadd ${kinds()};;
    *) _files;;
  esac
}
compdef _millrace millrace`;
