# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.
# One TLS handshake with the TLS of Windows (SslStream), in C# of version 5, as Windows has it. No application data is ever sent.
# Every byte of a handshake is kept, since SslStream does not tell what was offered, or whether a client certificate was asked for.
# Records and handshake messages: RFC 5246 sections 6.2.1 and 7.4; RFC 8446 sections 4.1.2, 4.2 and 5.

function Get-ConnectivityTlsSource {
    @'
using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Reflection;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Threading;

namespace FederatedConnectivity
{
    public class Sight
    {
        public string Destination; public int Port; public string ServerName; public string[] Alpn; public bool Own;
        public string Outcome = "unreachable", Detail = "no address", Address = "", Version = "", Offered = "", Chosen = "", Root = "", Chain = "";
        public bool NameFits; public bool? ClientCertificate; public byte[] Certificate = new byte[0];
    }

    // Passes everything on, keeps it, and gives up when the time is over.
    public class Recorder : Stream
    {
        public const int Maximum = 1 << 18;
        private readonly NetworkStream inner;
        private readonly DateTime end;
        public readonly MemoryStream Received = new MemoryStream(), Sent = new MemoryStream();
        public bool Ended, TooMuch;

        public Recorder(NetworkStream inner, DateTime end) { this.inner = inner; this.end = end; }
        public override bool CanRead { get { return true; } }
        public override bool CanWrite { get { return true; } }
        public override bool CanSeek { get { return false; } }
        public override long Length { get { throw new NotSupportedException(); } }
        public override long Position { get { throw new NotSupportedException(); } set { throw new NotSupportedException(); } }
        public override long Seek(long offset, SeekOrigin origin) { throw new NotSupportedException(); }
        public override void SetLength(long value) { throw new NotSupportedException(); }
        public override void Flush() { inner.Flush(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            inner.ReadTimeout = Look.Left(end);
            int got = inner.Read(buffer, offset, count);
            if (got == 0 && count > 0) { Ended = true; }
            if (Received.Length + got > Maximum) { TooMuch = true; throw new IOException("more than " + Maximum + " bytes"); }
            Received.Write(buffer, offset, got);
            return got;
        }

        public override void Write(byte[] buffer, int offset, int count)
        {
            inner.WriteTimeout = Look.Left(end);
            Sent.Write(buffer, offset, count);
            inner.Write(buffer, offset, count);
        }
    }

    // What the bytes of a handshake tell.
    public static class Bytes
    {
        public static bool IsTls(byte[] data, int at)
        {
            return data.Length > at && data[at] >= 20 && data[at] <= 24 && (data.Length == at + 1 || data[at + 1] == 3);
        }

        public static int Number(byte[] data, int at, int size)
        {
            int value = 0;
            for (int place = at; place < at + size; place++) { value = (value << 8) | data[place]; }
            return value;
        }

        // Type and content of each whole record.
        public static List<KeyValuePair<int, byte[]>> Records(byte[] data)
        {
            var found = new List<KeyValuePair<int, byte[]>>();
            for (int at = 0; IsTls(data, at) && data.Length >= at + 5; )
            {
                int size = Number(data, at + 3, 2);
                if (data.Length < at + 5 + size) { break; }
                var content = new byte[size];
                Array.Copy(data, at + 5, content, 0, size);
                found.Add(new KeyValuePair<int, byte[]>(data[at], content));
                at += 5 + size;
            }
            return found;
        }

        // Type and body of each whole handshake message that is not encrypted.
        public static List<KeyValuePair<int, byte[]>> Messages(byte[] data)
        {
            var stream = new MemoryStream();
            foreach (var record in Records(data))
            {
                if (record.Key == 20 || record.Key == 23) { break; }
                if (record.Key == 22) { stream.Write(record.Value, 0, record.Value.Length); }
            }
            byte[] all = stream.ToArray();
            var found = new List<KeyValuePair<int, byte[]>>();
            for (int at = 0; all.Length >= at + 4; )
            {
                int size = Number(all, at + 1, 3);
                if (all.Length < at + 4 + size) { break; }
                var body = new byte[size];
                Array.Copy(all, at + 4, body, 0, size);
                found.Add(new KeyValuePair<int, byte[]>(all[at], body));
                at += 4 + size;
            }
            return found;
        }

        public static byte[] Message(byte[] data, int kind)
        {
            foreach (var message in Messages(data)) { if (message.Key == kind) { return message.Value; } }
            return null;
        }

        // An extension of a hello; null where it has none. A hello has a version, 32 random bytes, a session, then its suites and methods.
        public static byte[] Extension(byte[] hello, bool ofClient, int wanted)
        {
            try
            {
                int at = 35 + hello[34];
                at += ofClient ? 2 + Number(hello, at, 2) : 2;
                at += ofClient ? 1 + hello[at] : 1;
                if (hello.Length < at + 2) { return null; }
                int end = at + 2 + Number(hello, at, 2);
                for (at += 2; at + 4 <= end; )
                {
                    int kind = Number(hello, at, 2), size = Number(hello, at + 2, 2);
                    if (kind == wanted)
                    {
                        var body = new byte[size];
                        Array.Copy(hello, at + 4, body, 0, size);
                        return body;
                    }
                    at += 4 + size;
                }
            }
            catch (IndexOutOfRangeException) { }
            catch (ArgumentException) { }
            return null;
        }

        public static string Name(int version)
        {
            return version == 0x304 ? "TLSv1.3" : version == 0x303 ? "TLSv1.2" : version == 0x302 ? "TLSv1.1" : version == 0x301 ? "TLSv1" : "";
        }

        // The newest version that a client has offered.
        public static string Offered(byte[] sent)
        {
            byte[] hello = Message(sent, 1);
            if (hello == null || hello.Length < 35) { return ""; }
            byte[] versions = Extension(hello, true, 43);
            int newest = Number(hello, 0, 2);
            for (int at = 1; versions != null && at + 1 < versions.Length; at += 2)
            {
                int version = Number(versions, at, 2);
                if (version <= 0x304 && version > newest) { newest = version; }
            }
            return Name(newest);
        }

        // The certificate (DER) as it crossed the wire in TLS 1.2 or older.
        public static byte[] Certificate(byte[] received)
        {
            byte[] body = Message(received, 11);
            if (body == null || body.Length < 6) { return new byte[0]; }
            int size = Number(body, 3, 3);
            if (body.Length < 6 + size) { return new byte[0]; }
            var found = new byte[size];
            Array.Copy(body, 6, found, 0, size);
            return found;
        }

        // Whether the server asked for a client's certificate; null where the handshake did not get so far, or continued an earlier one.
        // In TLS 1.3 the question is encrypted. Asked, a client without a certificate sends more than a Finished message.
        public static bool? Asked(byte[] received, byte[] sent)
        {
            byte[] hello = Message(received, 2);
            if (hello == null || hello.Length < 38) { return null; }
            byte[] version = Extension(hello, false, 43);
            if (version == null || Number(version, 0, 2) != 0x304)
            {
                bool done = false, asked = false, certificate = false;
                foreach (var message in Messages(received))
                {
                    if (message.Key == 11) { certificate = true; }
                    if (message.Key == 13) { asked = true; }
                    if (message.Key == 14) { done = true; }
                }
                return done && certificate ? (bool?)asked : null;
            }
            if (Extension(hello, false, 41) != null) { return null; }
            int suite = Number(hello, 35 + hello[34], 2), size = 0;
            foreach (var record in Records(sent)) { if (record.Key == 23) { size += record.Value.Length; } }
            return size == 0 ? null : (bool?)(size > 4 + 1 + 16 + (suite == 0x1302 ? 48 : 32));
        }
    }

    public static class Look
    {
        private const int AddressesMaximum = 4;

        public static int Left(DateTime end)
        {
            return (int)Math.Max(1, Math.Min(int.MaxValue, (end - DateTime.UtcNow).TotalMilliseconds));
        }

        public static void All(Sight[] sights, double timeout, double seconds, int parallel)
        {
            DateTime end = DateTime.UtcNow.AddSeconds(Math.Min(seconds, 1e7));
            int next = -1;
            var threads = new List<Thread>();
            for (int number = 0; number < Math.Min(parallel, sights.Length); number++)
            {
                var thread = new Thread(delegate()
                {
                    for (int at = Interlocked.Increment(ref next); at < sights.Length; at = Interlocked.Increment(ref next))
                    {
                        try { One(sights[at], timeout, end); }
                        catch (Exception error) { sights[at].Outcome = "failed"; sights[at].Detail = Innermost(error).Message; }
                    }
                });
                thread.IsBackground = true;
                thread.Start();
                threads.Add(thread);
            }
            foreach (Thread thread in threads) { thread.Join(); }
        }

        private static void One(Sight sight, double timeout, DateTime end)
        {
            if (DateTime.UtcNow >= end) { sight.Outcome = "not_tried"; sight.Detail = "the time for all was over"; return; }
            DateTime own = DateTime.UtcNow.AddSeconds(Math.Min(timeout, 1e7));
            DateTime deadline = own < end ? own : end;
            IPAddress[] found;
            try { found = Addresses(sight.Destination); }
            catch (Exception error) { sight.Detail = Innermost(error).Message; return; }
            for (int number = 0; number < found.Length && number < AddressesMaximum; number++)
            {
                IPAddress address = found[number];
                if (sight.Own && !IsOurs(address)) { address = address.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Loopback : IPAddress.IPv6Loopback; }
                sight.Address = new IPAddress(address.GetAddressBytes()).ToString();
                using (var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp))
                {
                    try
                    {
                        IAsyncResult connecting = socket.BeginConnect(new IPEndPoint(address, sight.Port), null, null);
                        if (!connecting.AsyncWaitHandle.WaitOne(Left(deadline))) { sight.Detail = "timed out"; continue; }
                        socket.EndConnect(connecting);
                    }
                    catch (Exception error) { sight.Detail = Innermost(error).Message; continue; }
                    Shake(sight, socket, deadline);
                    return;
                }
            }
        }

        private static IPAddress[] Addresses(string text)
        {
            IPAddress address;
            if ((text.Contains(":") || text.Trim('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '.') == "") && IPAddress.TryParse(text, out address)) { return new[] { address }; }
            return Dns.GetHostAddresses(text);
        }

        private static bool IsOurs(IPAddress address)
        {
            using (var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp))
            {
                try { socket.Bind(new IPEndPoint(address, 0)); return true; }
                catch (SocketException) { return false; }
            }
        }

        private static void Shake(Sight sight, Socket socket, DateTime deadline)
        {
            using (var network = new NetworkStream(socket, false))
            {
                var wire = new Recorder(network, deadline);
                RemoteCertificateValidationCallback see = delegate(object sender, X509Certificate certificate, X509Chain chain, SslPolicyErrors errors)
                {
                    if (certificate == null) { return true; }
                    sight.Certificate = certificate.GetRawCertData();
                    sight.NameFits = (errors & SslPolicyErrors.RemoteCertificateNameMismatch) == 0;
                    if (chain == null || chain.ChainElements.Count == 0) { sight.Chain = "it has no chain"; return true; }
                    sight.Root = chain.ChainElements[chain.ChainElements.Count - 1].Certificate.Thumbprint;
                    foreach (X509ChainStatus status in chain.ChainStatus) { if (status.Status != X509ChainStatusFlags.NoError) { sight.Chain = status.Status.ToString(); break; } }
                    return true;
                };
                var tls = new SslStream(wire, true, see);
                Exception failure = null;
                try
                {
                    string name = sight.ServerName == "" ? sight.Address : sight.ServerName;
                    if (!WithOptions(tls, sight, name)) { WithoutOptions(tls, name); }
                }
                catch (Exception error) { failure = Innermost(error); }
                byte[] received = wire.Received.ToArray(), sent = wire.Sent.ToArray();
                sight.Outcome = failure == null ? "completed" : Ending(failure, wire, received, deadline);
                sight.Detail = failure == null ? "" : Described(sight.Outcome, failure, received);
                sight.Offered = Bytes.Offered(sent);
                if (failure == null)
                {
                    int version = (int)tls.SslProtocol;
                    sight.Version = version == 12288 ? "TLSv1.3" : version == 3072 ? "TLSv1.2" : version == 768 ? "TLSv1.1" : version == 192 ? "TLSv1" : "";
                }
                byte[] hello = Bytes.Message(sent, 1);
                if (sight.Alpn.Length > 0 && (hello == null || Bytes.Extension(hello, true, 16) == null)) { sight.Chosen = null; }
                else if (failure == null) { sight.Chosen = Negotiated(tls); }
                if (sight.Certificate.Length == 0) { sight.Certificate = Bytes.Certificate(received); }
                sight.ClientCertificate = Bytes.Asked(received, sent);
            }
        }

        // .NET Framework, which Windows PowerShell 5.1 has, cannot offer application protocols (ALPN); later versions of .NET can.
        private static bool WithOptions(SslStream tls, Sight sight, string name)
        {
            Assembly net = typeof(SslStream).Assembly;
            Type kind = net.GetType("System.Net.Security.SslClientAuthenticationOptions"), protocol = net.GetType("System.Net.Security.SslApplicationProtocol");
            if (kind == null || protocol == null) { return false; }
            object options = Activator.CreateInstance(kind);
            kind.GetProperty("TargetHost").SetValue(options, name, null);
            if (kind.GetProperty("AllowTlsResume") != null) { kind.GetProperty("AllowTlsResume").SetValue(options, false, null); }
            if (sight.Alpn.Length > 0)
            {
                var list = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(protocol));
                foreach (string text in sight.Alpn) { list.Add(Activator.CreateInstance(protocol, text)); }
                kind.GetProperty("ApplicationProtocols").SetValue(options, list, null);
            }
            typeof(SslStream).GetMethod("AuthenticateAsClient", new[] { kind }).Invoke(tls, new[] { options });
            return true;
        }

        private static void WithoutOptions(SslStream tls, string name)
        {
            try { tls.AuthenticateAsClient(name, null, (SslProtocols)0, false); } // what Windows itself allows
            catch (ArgumentException) { tls.AuthenticateAsClient(name, null, (SslProtocols)(192 | 768 | 3072), false); } // before .NET Framework 4.7
        }

        private static string Negotiated(SslStream tls)
        {
            PropertyInfo property = typeof(SslStream).GetProperty("NegotiatedApplicationProtocol");
            return property == null ? "" : property.GetValue(tls, null).ToString();
        }

        private static string Ending(Exception failure, Recorder wire, byte[] received, DateTime deadline)
        {
            var broken = failure as SocketException;
            if (wire.TooMuch) { return "failed"; }
            if (broken != null && (broken.SocketErrorCode == SocketError.TimedOut || broken.SocketErrorCode == SocketError.WouldBlock)) { return "silent"; }
            if (received.Length > 0 && !Bytes.IsTls(received, 0)) { return "not_tls"; }
            if (LastAlert(received) >= 0) { return "alert"; }
            if (broken != null) { return broken.SocketErrorCode == SocketError.Shutdown ? "closed" : "reset"; }
            if (wire.Ended) { return "closed"; }
            return DateTime.UtcNow >= deadline && received.Length == 0 ? "silent" : "failed";
        }

        private static string Described(string outcome, Exception failure, byte[] received)
        {
            if (outcome == "alert") { return "alert " + LastAlert(received); }
            return outcome == "reset" || outcome == "failed" ? failure.Message : "";
        }

        // The number of the alert that is the last record, where it can be read.
        private static int LastAlert(byte[] received)
        {
            int found = -1;
            foreach (var record in Bytes.Records(received)) { found = record.Key == 21 && record.Value.Length == 2 ? record.Value[1] : -1; }
            return found;
        }

        private static Exception Innermost(Exception error)
        {
            while (error.InnerException != null) { error = error.InnerException; }
            return error;
        }
    }
}
'@
}
