# Rows of a CSV file whose column `member` names none of the members, each as the
# verdict that no member can give of it.
#
#     awk -v members="corporatie energie" -f strangers.awk FILE
#
# Quotes, separators and line ends in quotes are read as `sein import` does.

function escaped(text) {
    gsub(/\\/, "\\\\", text)
    gsub(/"/, "\\\"", text)
    gsub(/[\001-\037]/, " ", text)
    return text
}

function end_field() {
    field[++fields] = value
    value = ""
}

function end_row(   i, blank) {
    end_field()
    blank = fields == 1 && field[1] == ""
    if (!header && !blank) {
        header = 1
        for (i = 1; i <= fields; i++)
            column[field[i]] = i
    } else if (!blank && !(field[column["member"]] in known)) {
        printf "{\"member\":\"%s\",\"source_id\":\"%s\",\"line\":%d,", \
            escaped(field[column["member"]]), \
            escaped(field[column["source_id"]]), line
        printf "\"verdict\":\"rejected\",\"circle\":null,"
        printf "\"code\":\"member_unknown\",\"field\":\"member\","
        printf "\"reason\":{\"nl\":\"geen deelnemer van de demo heet zo\","
        printf "\"en\":\"no member of the demo has that name\"},"
        printf "\"mend\":{\"nl\":\"noem een van: %s\",", members
        printf "\"en\":\"name one of: %s\"}}\n", members
    }
    split("", field)
    fields = 0
}

BEGIN {
    count = split(members, name, " ")
    for (i = 1; i <= count; i++)
        known[name[i]] = 1
}

{
    sub(/\r$/, "")
    if (NR == 1) {
        sub(/^\357\273\277/, "")
        separator = index($0, ";") ? ";" : ","
    }
    if (!quoted)
        line = NR
    else
        value = value "\n"
    at_start = !quoted
    length_of_line = length($0)
    for (i = 1; i <= length_of_line; i++) {
        sign = substr($0, i, 1)
        if (quoted && sign == "\"" && substr($0, i + 1, 1) == "\"") {
            value = value sign
            i++
        } else if (quoted && sign == "\"")
            quoted = 0
        else if (!quoted && sign == "\"" && at_start)
            quoted = 1
        else if (!quoted && sign == separator) {
            end_field()
            at_start = 1
            continue
        } else
            value = value sign
        at_start = 0
    }
    if (!quoted)
        end_row()
}
