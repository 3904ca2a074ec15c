using LiteDB;

namespace Edge.Tests.Database;

/// <summary>Opens a closed database file behind the store's back, as somebody who took the disk would.</summary>
internal static class RowFile
{
    public static void Edit(string path, Action<LiteDatabase> edit)
    {
        using var lite = new LiteDatabase(new ConnectionString { Filename = path, Connection = ConnectionType.Direct }, new BsonMapper());
        edit(lite);
        lite.Checkpoint();
    }
}
