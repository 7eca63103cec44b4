_pgcask_archives()
{
	_alternative 'names:the newest:(latest)' 'files:file:_files'
}

_pgcask()
{
	local -i i

	for ((i = 2; i < CURRENT; i++)); do
		case $words[i] in
		-*) ;;
		*)
			# What follows the command is completed by itself.
			local name=$words[i]
			words[2,i]=()
			(( CURRENT -= i - 1 ))
			_pgcask_command $name
			return
			;;
		esac
	done
	_pgcask_commands
}

_pgcask "$@"
