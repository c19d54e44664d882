/* Copyright: (c) 2026, federated.connectivity contributors
 * GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Stands in for netsh.exe and fltmc.exe: writes its arguments, separated by tabs, as a line of calls.txt in the working directory.
 * It fails if an argument contains the text of the variable REFUSED, or if it is called fltmc and NOT_ADMINISTRATOR is set. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int count, char **arguments)
{
    const char *refused = getenv("REFUSED");
    int at, fails = strstr(arguments[0], "fltmc") && getenv("NOT_ADMINISTRATOR");
    FILE *file = fopen("calls.txt", "ab");
    if (!file) return 3;
    fprintf(file, "%s", strstr(arguments[0], "fltmc") ? "fltmc" : "netsh");
    for (at = 1; at < count; at++) {
        fprintf(file, "\t%s", arguments[at]);
        if (refused && *refused && strstr(arguments[at], refused)) fails = 1;
    }
    fprintf(file, "\n");
    return fclose(file) ? 3 : fails ? 1 : 0;
}
