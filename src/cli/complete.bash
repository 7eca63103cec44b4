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

# Offer words, or what else compgen makes of its arguments; the last of these
# is what was typed.  Only names of files are quoted as such, and get a slash
# behind a folder's.
_pgcask_offer()
{
	case $1 in
	-f | -d) compopt -o filenames ;;
	esac
	mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen "${@:1:$#-1}" \
		-- "${@: -1}")
}

# The number of the operand under the cursor: 1 for the first.  The command is
# none, and "latest:NAME" comes as three words.
_pgcask_operand()
{
	local word value n=0 skip=

	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case $word in
		= | :) skip=1 ;;
		-?*)
			skip=
			_pgcask_value "$word" && skip=1
			;;
		*)
			[ -n "$skip" ] || n=$((n + 1))
			skip=
			;;
		esac
	done
	[ -z "$skip" ] || n=$((n - 1))
	echo "$n"
}

_pgcask()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local command value

	COMPREPLY=()
	# "--name=value" comes as three words.
	if [ "$cur" = "=" ]; then
		cur=
	elif [ "$prev" = "=" ] && [ "$COMP_CWORD" -gt 2 ]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	if [ "$COMP_CWORD" -gt 1 ] && _pgcask_value "$prev"; then
		_pgcask_offer "${value[@]}" "$cur"
		return
	fi
	command=$(_pgcask_command)
	case $cur in
	-*)
		_pgcask_offer -W "$(_pgcask_options "$command")" "$cur"
		[[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace
		return
		;;
	esac
	case $command in
	"" | help)
		_pgcask_offer -W "$(_pgcask_commands)" "$cur"
		;;
	restore | show | cat | export | check | diff | drill | salvage | doctor | \
	    accept | unlabel)
		case $command$(_pgcask_operand) in
		*1 | check* | diff* | accept*)
			_pgcask_offer -W latest "$cur"
			_pgcask_offer -f "$cur"
			;;
		cat2)
			_pgcask_offer -W "catalog manifest schema globals" \
				"$cur"
			;;
		esac
		;;
	esac
}

complete -F _pgcask pgcask
