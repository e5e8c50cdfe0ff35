import { Argument, type Command } from 'commander';
import { KINDS } from '../kinds.js';
import type { Session } from '../session.js';

export function addCompletion(program: Command, session: Session): void {
  program
    .command('completion')
    .description('print the completion of a shell: source <(millrace completion bash)')
    .addArgument(new Argument('<shell>').choices(Object.keys(SHELLS)))
    .action((shell: keyof typeof SHELLS) => session.terminal.out(SHELLS[shell](wordsOf(program))));
}

/** What may stand after the program's name, and after each of its commands. */
interface Words {
  readonly commands: readonly string[];
  /** Kinds after `get`, verbs after `keys`; files after the others. */
  readonly after: readonly (readonly [command: string, words: readonly string[]])[];
}

function wordsOf(program: Command): Words {
  const kinds = KINDS.map(({ path }) => path);
  return {
    commands: program.commands.map((command) => command.name()),
    after: program.commands.flatMap((command) => {
      const verbs = command.commands.map((verb) => verb.name());
      const takesKind = command.registeredArguments[0]?.name() === 'kind';
      return takesKind || verbs.length > 0 ? [[command.name(), takesKind ? kinds : verbs] as const] : [];
    }),
  };
}

const bash = ({ commands, after }: Words): string => `_millrace() {
  local word="\${COMP_WORDS[COMP_CWORD]}"
  if [ "$COMP_CWORD" -eq 1 ]; then COMPREPLY=($(compgen -W "${commands.join(' ')}" -- "$word")); return; fi
  case "$COMP_CWORD \${COMP_WORDS[1]}" in
${after.map(([command, words]) => `    "2 ${command}") COMPREPLY=($(compgen -W "${words.join(' ')}" -- "$word"));;`).join('\n')}
    *) COMPREPLY=($(compgen -f -- "$word"));;
  esac
}
complete -F _millrace millrace`;

const zsh = ({ commands, after }: Words): string => `#compdef millrace
_millrace() {
  if (( CURRENT == 2 )); then compadd ${commands.join(' ')}; return; fi
  case "$CURRENT $words[2]" in
${after.map(([command, words]) => `    "3 ${command}") compadd ${words.join(' ')};;`).join('\n')}
    *) _files;;
  esac
}
compdef _millrace millrace`;

const fish = ({ commands, after }: Words): string =>
  [
    `complete -c millrace -n __fish_use_subcommand -f -a "${commands.join(' ')}"`,
    ...after.map(
      ([command, words]) =>
        `complete -c millrace -n "__fish_seen_subcommand_from ${command}; and not __fish_seen_subcommand_from ${words.join(' ')}" -f -a "${words.join(' ')}"`,
    ),
  ].join('\n');

const SHELLS = { bash, zsh, fish } as const;
