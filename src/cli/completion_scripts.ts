/** Completion scripts for shells, made from the table of commands. */
import { quoteShellWord } from "../formats/shell_words.ts";
import { type Command, type Flag, listFlags } from "./command.ts";

const FORMATTERS = { bash: formatBash, zsh: formatZsh, fish: formatFish };

/** Writes the script that completes vmconf's command line in a shell. */
export function formatCompletions(
  shell: keyof typeof FORMATTERS,
  commands: readonly Command[],
): string {
  return FORMATTERS[shell](commands);
}

/** The values to choose from, if the flag lists them: `text|json`. */
function listChoices({ value = "", choices }: Flag): readonly string[] {
  if (choices !== undefined) return choices;
  const named = value.split("|").filter((word) => /^[a-z]/.test(word));
  return value.includes("|") ? named : [];
}

/** The operands to choose from, if the command lists them. */
function listOperands(
  { operands, operandChoices }: Command,
): readonly string[] {
  return operandChoices ?? (operands.includes("|") ? operands.split("|") : []);
}

function formatBash(commands: readonly Command[]): string {
  const names = commands.map(({ name }) => name).join(" ");
  const cases = commands.map((command) => {
    const flags = listFlags(command).map(({ name }) => `--${name}`).join(" ");
    const operands = listOperands(command).join(" ");
    return `    ${command.name}) flags="${flags}"; words="${operands}" ;;`;
  });
  const valueCases = commands.flatMap((command) =>
    listFlags(command).flatMap((flag) => {
      const choices = listChoices(flag).join(" ");
      return choices === ""
        ? []
        : [`    "${command.name} --${flag.name}") words="${choices}" ;;`];
    })
  );
  return `# vmconf in bash: eval "$(vmconf completions bash)"
_vmconf() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  local flags="" words=""
  case \${COMP_WORDS[1]} in
${cases.join("\n")}
  esac
  case $current in
    -*) words=$flags ;;
  esac
  case "\${COMP_WORDS[1]} $previous" in
${valueCases.join("\n")}
  esac
  if [ "$COMP_CWORD" = 1 ]; then
    words="${names} --help --version"
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _vmconf vmconf
`;
}

function formatZsh(commands: readonly Command[]): string {
  const names = commands.map(({ name, summary }) =>
    `    ${quoteShellWord(`${name}:${summary}`)}`
  );
  const cases = commands.map((command) =>
    `    ${command.name}) _arguments -s ${
      [...listFlags(command).map(formatZshFlag), formatZshOperands(command)]
        .join(" ")
    } ;;`
  );
  return `#compdef vmconf
# vmconf in zsh: source <(vmconf completions zsh)
_vmconf() {
  local -a commands=(
${names.join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join("\n")}
  esac
}
compdef _vmconf vmconf
`;
}

function formatZshFlag(flag: Flag): string {
  const { name, value, summary, repeatable } = flag;
  const about = summary.replaceAll(/[[\]:\\]/g, (sign) => `\\${sign}`);
  const choices = listChoices(flag);
  const argument = value === undefined
    ? ""
    : choices.length > 0
    ? `:value:(${choices.join(" ")})`
    : ":value:_files";
  const again = repeatable ? "*" : "";
  return quoteShellWord(`${again}--${name}[${about}]${argument}`);
}

function formatZshOperands(command: Command): string {
  const operands = listOperands(command);
  return quoteShellWord(
    operands.length === 0
      ? "*:file:_files"
      : `1:operand:(${operands.join(" ")})`,
  );
}

function formatFish(commands: readonly Command[]): string {
  const lines = commands.flatMap((command) => [
    `complete -c vmconf -n __fish_use_subcommand -f -a ${command.name} -d ${
      quoteForFish(command.summary)
    }`,
    ...listOperands(command).map((operand) =>
      `complete -c vmconf -n '__fish_seen_subcommand_from ${command.name}' -f -a ${operand}`
    ),
    ...listFlags(command).map((flag) => formatFishFlag(command, flag)),
  ]);
  return `# vmconf in fish: vmconf completions fish | source
${lines.join("\n")}
`;
}

function formatFishFlag(command: Command, flag: Flag): string {
  const { name, short, value, summary } = flag;
  const choices = listChoices(flag);
  return [
    "complete -c vmconf",
    `-n '__fish_seen_subcommand_from ${command.name}'`,
    `-l ${name}`,
    ...short === undefined ? [] : [`-s ${short}`],
    ...value === undefined ? [] : ["-r"],
    ...choices.length === 0 ? [] : [`-f -a '${choices.join(" ")}'`],
    `-d ${quoteForFish(summary)}`,
  ].join(" ");
}

/** fish alone gives the backslash a meaning in single quotes. */
function quoteForFish(text: string): string {
  return `'${text.replaceAll(/['\\]/g, (sign) => `\\${sign}`)}'`;
}
