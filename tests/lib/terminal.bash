# Commands that a user is to see at a terminal.

# on_terminal COMMAND...: let a shell run it on a terminal of its own, whose
# keys come from standard input; what the terminal shows goes to the file
# "shown".
on_terminal()
{
	SHELL=/bin/bash script -qec "$*" /dev/null >shown
}
