// Copyright: (c) 2026, federated.connectivity contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// A TLS server on loopback for the tests; or one that answers something else than TLS, nothing, or hangs up.
using System;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading;

public class TlsServer
{
    private readonly TcpListener listener = new TcpListener(IPAddress.Loopback, 0);
    private readonly X509Certificate2 certificate;
    private readonly string behaviour;
    private readonly int version;

    public TlsServer(X509Certificate2 certificate, string behaviour, int version)
    {
        this.certificate = certificate;
        this.behaviour = behaviour;
        this.version = version;
        listener.Start(100);
        var thread = new Thread(Serve);
        thread.IsBackground = true;
        thread.Start();
    }

    public int Port { get { return ((IPEndPoint)listener.LocalEndpoint).Port; } }
    public void Stop() { listener.Stop(); }

    private void Serve()
    {
        try { while (true) { Converse(listener.AcceptTcpClient()); } }
        catch (SocketException) { }
        catch (ObjectDisposedException) { }
        catch (InvalidOperationException) { }
    }

    private void Converse(TcpClient client)
    {
        var thread = new Thread(delegate()
        {
            try
            {
                NetworkStream network = client.GetStream();
                if (behaviour == "silent") { Thread.Sleep(60000); return; }
                if (behaviour == "reset") { client.Client.LingerState = new LingerOption(true, 0); client.Client.Close(); return; }
                if (behaviour == "closed" || behaviour == "words")
                {
                    network.Read(new byte[4096], 0, 4096);
                    byte[] words = Encoding.ASCII.GetBytes("SSH-2.0-server\r\n");
                    if (behaviour == "words") { network.Write(words, 0, words.Length); Thread.Sleep(200); }
                    client.Client.Shutdown(SocketShutdown.Both);
                    return;
                }
                bool insists = behaviour == "demands";
                var tls = new SslStream(network, false, delegate(object sender, X509Certificate own, X509Chain chain, SslPolicyErrors errors) { return own != null || !insists; });
                tls.AuthenticateAsServer(certificate, behaviour != "plain", (SslProtocols)version, false);
                tls.Read(new byte[10], 0, 10);
            }
            catch (Exception) { }
            finally { client.Close(); }
        });
        thread.IsBackground = true;
        thread.Start();
    }
}
