using System.Globalization;
using System.Text;
using Edge.Storage.Files;

namespace Edge.Storage.Audit.Bundles;

/// <summary>The one archive form of a bundle: POSIX ustar with nothing in it but plain files, in ordinal order of their names, owner 0,
/// mode 0644, time 0, and two blocks of zeros at the end. One content has one spelling, so two exports of one state are one file.</summary>
/// <remarks>Not zip: a zip says twice, in two places, what it holds, and readers differ in which they believe; and it compresses, so that
/// a small file can be endless. A tar is written in one pass, read where it lies without unpacking, and every <c>tar xf</c> opens it.</remarks>
internal static class BundleTar
{
    public const int Block = 512;

    /// <summary>The header of a file: a reader accepts exactly these bytes for its name and size.</summary>
    public static byte[] Header(string name, long size)
    {
        if (!BundleNames.IsPlain(name)) throw new ArgumentException("not a name of a bundle's file", nameof(name));
        var header = new byte[Block];
        Put(0, name);
        Put(100, "0000644");
        Put(108, "0000000");
        Put(116, "0000000");
        Put(124, Octal(size, 11));
        Put(136, "00000000000");
        Put(148, "        ");
        Put(156, "0");
        Put(257, "ustar\0" + "00");
        var sum = 0;
        foreach (var one in header) sum += one;
        Put(148, Octal(sum, 6) + "\0 ");
        return header;

        void Put(int at, string text) => Encoding.ASCII.GetBytes(text, header.AsSpan(at));
    }

    private static string Octal(long value, int digits) => Convert.ToString(value, 8).PadLeft(digits, '0');

    /// <summary>Bytes of padding after a file.</summary>
    public static int Padding(long size) => (int)((Block - size % Block) % Block);

    /// <summary>Reads an archive where it lies.</summary>
    internal sealed class Files : IBundleFiles
    {
        private readonly FileStream _file;
        private readonly Dictionary<string, (long At, long Size)> _places = new(StringComparer.Ordinal);

        /// <exception cref="BundleException">It is an archive in another spelling, or none.</exception>
        /// <exception cref="IOException">It cannot be read.</exception>
        public Files(string path)
        {
            _file = PlainFile.OpenRead(path);
            try
            {
                Names = List();
            }
            catch
            {
                _file.Dispose();
                throw;
            }
        }

        public IReadOnlyList<string> Names { get; }

        public byte[]? Read(string name, int most)
        {
            if (!_places.TryGetValue(name, out var place) || place.Size > most) return null;
            var bytes = new byte[place.Size];
            ReadExactly(bytes, place.At);
            return bytes;
        }

        public void Dispose() => _file.Dispose();

        private List<string> List()
        {
            var (names, header, length) = (new List<string>(), new byte[Block], _file.Length);
            long at = 0;
            while (true)
            {
                if (length - at < 2 * Block) throw new BundleException("the archive is cut short");
                ReadExactly(header, at);
                if (!header.AsSpan().ContainsAnyExcept((byte)0)) break;
                var name = Encoding.Latin1.GetString(header.AsSpan(0, BundleNames.Longest)).TrimEnd('\0');
                if (!BundleNames.IsPlain(name)) throw new BundleException($"file {names.Count + 1} of the archive has a name that no file of a bundle has");
                if (!TrySize(header, out var size) || !header.AsSpan().SequenceEqual(Header(name, size)))
                    throw new BundleException($"{name}: not a plain file in the one spelling of a bundle's archive; unpack it and give the folder");
                if (names.Count > 0 && string.CompareOrdinal(names[^1], name) >= 0)
                    throw new BundleException($"{name} is twice in the archive, or out of order");
                if (names.Count == BundleNames.MostFiles) throw new BundleException($"more than {BundleNames.MostFiles} files");
                if (size > length - at - 3 * Block) throw new BundleException("the archive is cut short");
                names.Add(name);
                _places[name] = (at + Block, size);
                at += Block + size + Padding(size);
                RequireZeros(at - Padding(size), Padding(size));
            }
            if (length != at + 2 * Block) throw new BundleException("there is something after the end of the archive");
            RequireZeros(at, 2 * Block);
            return names;
        }

        private static bool TrySize(byte[] header, out long size)
        {
            size = 0;
            foreach (var digit in header.AsSpan(124, 11))
            {
                if (digit is < (byte)'0' or > (byte)'7') return false;
                size = size * 8 + (digit - '0');
            }
            return true;
        }

        private void RequireZeros(long at, int count)
        {
            var bytes = new byte[count];
            ReadExactly(bytes, at);
            if (bytes.AsSpan().ContainsAnyExcept((byte)0))
                throw new BundleException(string.Create(CultureInfo.InvariantCulture, $"byte {at} or later of the archive is to be zero"));
        }

        private void ReadExactly(Span<byte> bytes, long at)
        {
            while (bytes.Length > 0)
            {
                var read = RandomAccess.Read(_file.SafeFileHandle, bytes, at);
                if (read == 0) throw new BundleException("the archive is cut short");
                bytes = bytes[read..];
                at += read;
            }
        }
    }
}
