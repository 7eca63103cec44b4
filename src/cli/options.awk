# Reads options.txt and writes, by the variable "make":
#	c	the tables of cli/options.h
#	man	the list of options in mdoc
#	env	the list of their environment variables in mdoc
#	bash	what complete.bash needs to know
#	zsh	what complete.zsh needs to know

function fail(text)
{
	printf "%s:%d: %s\n", FILENAME, FNR, text > "/dev/stderr"
	failed = 1
	exit 1
}

function quote(text)
{
	gsub(/\\/, "\\\\", text)
	gsub(/"/, "\\\"", text)
	gsub(/\n/, "\\n", text)
	return "\"" text "\""
}

function constant(prefix, name)
{
	name = toupper(name)
	gsub(/-/, "_", name)
	return prefix name
}

# The words of a line after the first.
function rest(line)
{
	sub(/^[^ ]+ */, "", line)
	return line
}

function belongs(o, command)
{
	return opt_for[o] == "all" ||
	    index(" " opt_for[o] " ", " " command " ") > 0
}

function check_commands(i)
{
	for (i = 2; i <= NF; i++)
		if ($i != "all" && !($i in is_command))
			fail("no command " $i)
}

/^#/ || /^$/ { next }

/^\t/ {
	if (kind != "option")
		fail("text outside an option")
	opt_text[opts] = opt_text[opts] substr($0, 2) "\n"
	next
}

$1 == "group" && kind != "option" { kind = $1; group_title[$2] = rest(rest($0))
	groups[++group_count] = $2; next }

$1 == "command" {
	kind = $1
	cmd[++cmds] = $2
	cmd_synopsis[cmds] = rest(rest($0))
	is_command[$2] = 1
	next
}

$1 == "operand" {
	kind = $1
	operand[++operands] = $2
	operand_for[operands] = "all"
	next
}

$1 == "option" {
	kind = $1
	opt[++opts] = $2
	opt_letter[opts] = $3 == "." ? "" : $3
	opt_arg[opts] = $4
	next
}

$1 == "or" && kind == "command" {
	cmd_synopsis[cmds] = cmd_synopsis[cmds] "\n" rest($0)
	next
}
$1 == "help" && kind == "command" { cmd_help[cmds] = rest($0); next }
$1 == "help" && kind == "operand" {
	operand_help[operands] = rest($0)
	if (length(operand_help[operands]) > 62)
		fail("help of more than 62 characters")
	next
}
$1 == "for" && kind == "operand" {
	check_commands()
	operand_for[operands] = rest($0)
	next
}
$1 == "operands" && kind == "command" { cmd_operands[cmds] = rest($0); next }
kind != "option" { fail("what is \"" $1 "\"?") }
$1 == "help" {
	opt_help[opts] = rest($0)
	if (length(opt_help[opts]) > 48)
		fail("help of more than 48 characters")
	next
}
$1 == "for" {
	check_commands()
	opt_for[opts] = rest($0)
	next
}
$1 == "group" { opt_group[opts] = $2; next }
$1 == "env" { opt_env[opts] = $2; next }
$1 == "number" { opt_min[opts] = $2; opt_max[opts] = $3; next }
$1 == "choice" { opt_choice[opts] = rest($0); next }
$1 == "complete" { opt_complete[opts] = $2; next }
$1 == "repeat" { opt_repeat[opts] = 1; next }
{ fail("what is \"" $1 "\"?") }

function check(o)
{
	for (o = 1; o <= opts; o++)
		if (opt_help[o] == "" || opt_for[o] == "" ||
		    opt_text[o] == "" || !(opt_group[o] in group_title))
			fail("--" opt[o] " lacks help, for, group or text")
}

# ---- C ----

function c_commands(c, n, words, least, i)
{
	print "const struct command_def command_defs[] = {"
	for (c = 1; c <= cmds; c++) {
		n = split(cmd_operands[c], words, " ")
		least = n
		for (i = 1; i <= n; i++)
			if (words[i] ~ /^\[/)
				least--
		printf "\t{ %s, %s, %s,\n\t    %s,\n\t    %d, %s, %s },\n",
		    constant("CMD_", cmd[c]), quote(cmd[c]),
		    quote(cmd_synopsis[c]), quote(cmd_help[c]), least,
		    words[n] ~ /[.][.][.]$/ ? "SIZE_MAX" : n,
		    quote(cmd_operands[c])
	}
	print "};"
	printf "const size_t command_def_count = %d;\n\n", cmds
	print "const struct operand_def operand_defs[] = {"
	for (i = 1; i <= operands; i++)
		printf "\t{ %s,\n\t    %s,\n\t    %s },\n",
		    quote(operand[i]), quote(operand_help[i]),
		    c_mask(operand_for[i])
	print "};"
	printf "const size_t operand_def_count = %d;\n\n", operands
}

function c_mask(commands, n, words, i, mask)
{
	if (commands == "all")
		return "UINT32_MAX"
	n = split(commands, words, " ")
	for (i = 1; i <= n; i++)
		mask = mask (i > 1 ? " | " : "") "1u << " \
		    constant("CMD_", words[i])
	return mask
}

function c_option(o)
{
	printf "\t{ .id = %s, .name = %s,\n", constant("OPT_", opt[o]),
	    quote(opt[o])
	if (opt_letter[o] != "")
		printf "\t    .letter = '%s',\n", opt_letter[o]
	if (opt_arg[o] != "")
		printf "\t    .arg = %s,\n", quote(opt_arg[o])
	printf "\t    .help = %s,\n", quote(opt_help[o])
	printf "\t    .group = %s,\n", quote(group_title[opt_group[o]])
	if (opt_env[o] != "")
		printf "\t    .env = %s,\n", quote(opt_env[o])
	if (opt_max[o] != "")
		printf "\t    .min = %s, .max = %s,\n", opt_min[o], opt_max[o]
	if (opt_choice[o] != "")
		printf "\t    .choices = choices_%d,\n", o
	if (opt_repeat[o])
		print "\t    .repeat = 1,"
	printf "\t    .commands = %s },\n", c_mask(opt_for[o])
}

function c_tables(o, n, words, i)
{
	print "/* Made from options.txt. */\n"
	print "#include \"cli/options.h\"\n"
	c_commands()
	for (o = 1; o <= opts; o++) {
		if (opt_choice[o] == "")
			continue
		printf "static const char *const choices_%d[] = { ", o
		n = split(opt_choice[o], words, " ")
		for (i = 1; i <= n; i++)
			printf "%s, ", quote(words[i])
		print "NULL };"
	}
	print "\nconst struct option_def option_defs[] = {"
	for (o = 1; o <= opts; o++)
		c_option(o)
	print "};"
	printf "const size_t option_def_count = %d;\n", opts
}

# ---- man page ----

function man_item(o, arg)
{
	arg = opt_arg[o]
	printf ".It "
	if (opt_letter[o] != "")
		printf "Fl %s%s , ", opt_letter[o], arg == "" ? "" : " Ar " arg
	printf "Fl -%s%s\n", opt[o], arg == "" ? "" : " Ns = Ns Ar " arg
}

function man_for(o, n, words, i)
{
	if (opt_for[o] == "all")
		return
	n = split(opt_for[o], words, " ")
	print ".Po"
	for (i = 1; i <= n; i++)
		printf ".Cm %s%s\n", words[i], i < n ? " ," : ""
	print ".Pc"
}

function man(g, o)
{
	for (g = 1; g <= group_count; g++) {
		print ".Ss " group_title[groups[g]]
		print ".Bl -tag -width Ds"
		for (o = 1; o <= opts; o++) {
			if (opt_group[o] != groups[g])
				continue
			man_item(o)
			man_for(o)
			printf "%s", opt_text[o]
			if (opt_env[o] != "")
				printf "%s\n.Ev %s\n%s\n",
				    "The environment variable", opt_env[o],
				    "stands in for it."
		}
		print ".El"
	}
}

# Each variable once, with the option it stands in for.
function environment(o)
{
	for (o = 1; o <= opts; o++) {
		if (opt_env[o] == "" || opt_env[o] in seen)
			continue
		seen[opt_env[o]] = 1
		print ".It Ev " opt_env[o]
		print "stands in for\n.Fl -" opt[o]
	}
}

# ---- bash ----

# The long and short names of a command's options.
function names_of(command, o, list)
{
	for (o = 1; o <= opts; o++) {
		if (!belongs(o, command))
			continue
		if (opt_letter[o] != "" && opt_letter[o] != "?")
			list = list "-" opt_letter[o] " "
		list = list "--" opt[o] (opt_arg[o] != "" ? "= " : " ")
	}
	return substr(list, 1, length(list) - 1)
}

function bash_value(o, pattern)
{
	pattern = "--" opt[o]
	if (opt_letter[o] != "")
		pattern = pattern "|-" opt_letter[o]
	if (opt_complete[o] == "dir")
		printf "\t%s) value=(-d) ;;\n", pattern
	else if (opt_complete[o] == "file")
		printf "\t%s) value=(-f) ;;\n", pattern
	else
		printf "\t%s) value=(-W \"%s\") ;;\n", pattern,
		    opt_choice[o]
}

function bash(c, o, all)
{
	print "# Completion of pgcask(1) for bash; made from options.txt."
	print "\n# Sets value to what compgen is to offer for an option; fails if"
	print "# that takes no value."
	print "_pgcask_value()\n{\n\tcase $1 in"
	for (o = 1; o <= opts; o++)
		if (opt_arg[o] != "" && !(opt[o] in seen)) {
			seen[opt[o]] = 1
			bash_value(o)
		}
	print "\t*) return 1 ;;\n\tesac\n}"
	print "\n_pgcask_options()\n{\n\tcase $1 in"
	for (c = 1; c <= cmds; c++) {
		printf "\t%s) echo \"%s\" ;;\n", cmd[c], names_of(cmd[c])
		all = all (c > 1 ? " " : "") cmd[c]
	}
	print "\t*) echo \"" names_of("") "\" ;;\n\tesac\n}"
	printf "\n_pgcask_commands()\n{\n\techo \"%s\"\n}\n\n", all
}

# ---- zsh ----

function zsh_escape(text)
{
	gsub(/'/, "'\\''", text)
	gsub(/\[/, "\\[", text)
	gsub(/\]/, "\\]", text)
	gsub(/:/, "\\:", text)
	return text
}

function zsh_spec(o, help, arg, action, repeat)
{
	help = "[" zsh_escape(opt_help[o]) "]"
	repeat = opt_repeat[o] || opt[o] == "verbose" ? "*" : ""
	if (opt_arg[o] != "") {
		action = " "
		if (opt_complete[o] == "dir")
			action = "_files -/"
		else if (opt_complete[o] == "file")
			action = "_files"
		else if (opt_choice[o] != "")
			action = "(" opt_choice[o] ")"
		arg = ":" zsh_escape(opt_arg[o]) ":" action
	}
	if (opt_letter[o] != "" && opt_letter[o] != "?")
		printf " \\\n\t    '%s-%s%s%s%s'", repeat, opt_letter[o],
		    arg != "" ? "+" : "", help, arg
	printf " \\\n\t    '%s--%s%s%s%s'", repeat, opt[o],
	    arg != "" ? "=" : "", help, arg
}

function zsh_operands(c, n, words, i, action, position)
{
	n = split(cmd_operands[c], words, " ")
	for (i = 1; i <= n; i++) {
		position = words[i] ~ /[.][.][.]$/ ? "*" : i ":"
		gsub(/[][.]/, "", words[i])
		action = " "
		if (words[i] ~ /^(ARCHIVE|LEFT|RIGHT)$/)
			action = "_pgcask_archives"
		else if (words[i] == "COMMAND")
			action = "_pgcask_commands"
		else if (words[i] == "ENTRY")
			action = "(catalog manifest schema globals)"
		printf " \\\n\t    '%s:%s:%s'", position, words[i], action
	}
}

function zsh(c, o)
{
	print "#compdef pgcask"
	print "# Completion of pgcask(1) for zsh; made from options.txt."
	print "\n_pgcask_commands()\n{\n\tlocal -a commands=("
	for (c = 1; c <= cmds; c++)
		printf "\t\t'%s:%s'\n", cmd[c], zsh_escape(cmd_help[c])
	print "\t)\n\t_describe command commands\n}"
	print "\n_pgcask_command()\n{\n\tcase $1 in"
	for (c = 1; c <= cmds; c++) {
		printf "\t%s)\n\t\t_arguments -s -S", cmd[c]
		for (o = 1; o <= opts; o++)
			if (belongs(o, cmd[c]))
				zsh_spec(o)
		zsh_operands(c)
		print "\n\t\t;;"
	}
	print "\tesac\n}\n"
}

END {
	if (failed)
		exit 1
	check()
	if (make == "c")
		c_tables()
	else if (make == "man")
		man()
	else if (make == "env")
		environment()
	else if (make == "bash")
		bash()
	else if (make == "zsh")
		zsh()
	else
		exit 1
}
