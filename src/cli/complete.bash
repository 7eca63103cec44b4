# The first word that is no option is the command.
_pgcask_command()
{
	local i

	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-*) ;;
		*)
			case " $(_pgcask_commands) " in
			*" ${COMP_WORDS[i]} "*)
				echo "${COMP_WORDS[i]}"
				return
				;;
			esac
			;;
		esac
	done
}

_pgcask()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local command

	COMPREPLY=()
	# "--name=value" comes as three words.
	if [ "$cur" = "=" ]; then
		cur=
	elif [ "$prev" = "=" ] && [ "$COMP_CWORD" -gt 2 ]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	if [ "$COMP_CWORD" -gt 1 ] && _pgcask_value "$prev" "$cur"; then
		return
	fi
	command=$(_pgcask_command)
	case $cur in
	-*)
		mapfile -t COMPREPLY < <(compgen \
			-W "$(_pgcask_options "$command")" -- "$cur")
		[[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace
		return
		;;
	esac
	case $command in
	"" | help)
		mapfile -t COMPREPLY < <(compgen -W "$(_pgcask_commands)" \
			-- "$cur")
		;;
	restore | show | cat | export | check)
		mapfile -t COMPREPLY < <(compgen -W latest -- "$cur"
			compgen -f -- "$cur")
		;;
	esac
}

complete -o filenames -F _pgcask pgcask
