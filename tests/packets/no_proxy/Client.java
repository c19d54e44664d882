// Copyright: (c) 2026, federated.connectivity contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.URL;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One request for each line, with the patterns of the case in http.nonProxyHosts. */
public class Client {
    private static String value(String line, String key) {
        Matcher found = Pattern.compile("\"" + key + "\": \"([^\"]*)\"").matcher(line);
        return found.find() ? found.group(1) : "";
    }

    public static void main(String[] arguments) throws Exception {
        System.setProperty("http.proxyHost", "127.0.0.1");
        System.setProperty("http.proxyPort", "3128");
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            System.setProperty("http.nonProxyHosts", value(line, "no_proxy"));
            try {
                HttpURLConnection connection = (HttpURLConnection) new URL("http://" + value(line, "authority") + "/").openConnection();
                connection.setRequestProperty("Connection", "close");
                connection.getInputStream().readAllBytes();
                System.out.println("done");
            } catch (Exception error) {
                System.out.println(error.toString().replace('\n', ' '));
            }
            System.out.flush();
        }
    }
}
